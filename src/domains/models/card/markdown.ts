/** What is said of what the record does not know. */
export const unknown = 'Not recorded.'

/** A text that stands for itself: nothing in it is Markdown or HTML. Pure. */
export function plain(text: string): string {
  return text
    .replaceAll(/[\\`*_{}[\]<>#|~]/g, (mark) => `\\${mark}`)
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** Code, whatever is in it. Pure. */
export function code(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  const padding = longest > 0 ? ' ' : ''
  // A bar would end the cell of a table, also within code.
  return `${fence}${padding}${line.replaceAll('|', '\\|')}${padding}${fence}`
}

/** A table, or that nothing is recorded. Cells are Markdown already. Pure. */
export function table(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  none: string = unknown,
): string {
  if (rows.length === 0) return none
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Facts, one a line. Pure. */
export function facts(items: readonly (readonly [label: string, value: string])[]): string {
  return items.map(([label, value]) => `- **${label}:** ${value}`).join('\n')
}

export function section(title: string, ...parts: readonly string[]): string {
  return [`## ${title}`, ...parts.filter((part) => part !== '')].join('\n\n')
}
