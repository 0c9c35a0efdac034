/** Without the character NUL, which no database keeps; telemetry must not be lost over it. */
export function storable(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text
}

/** At most `length` characters; what is cut off is told by the end. */
export function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`
}
