/** `input-drift` as `Input drift`. */
export function kindText(kind: string): string {
  const words = kind.replaceAll('-', ' ')
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`
}
