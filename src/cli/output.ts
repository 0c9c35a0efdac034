import { stripVTControlCharacters, styleText } from 'node:util'

/** Where a command writes: results to `out`, what accompanies them to `err`. */
export interface Terminal {
  out: { write(text: string): unknown; isTTY?: boolean; columns?: number }
  err: { write(text: string): unknown; isTTY?: boolean; columns?: number }
}

export type Tone = 'good' | 'bad' | 'warning' | 'muted' | 'strong'

const styles = {
  good: 'green',
  bad: 'red',
  warning: 'yellow',
  muted: 'dim',
  strong: 'bold',
} as const satisfies Record<Tone, Parameters<typeof styleText>[0]>

export interface Column {
  title: string
  align?: 'left' | 'right'
}

export type CellText = string | number | boolean | null | undefined

/**
 * What a command says. With `--json` results go to standard output as one JSON value and everything
 * else is silent there; without, as text. Progress and notes always go to standard error.
 */
export class Output {
  readonly json: boolean
  readonly #terminal: Terminal
  #progressShown = false

  constructor(json: boolean, terminal: Terminal) {
    this.json = json
    this.#terminal = terminal
  }

  /** The command's result: `value` as JSON, or whatever `text` prints. Call it once. */
  result(value: unknown, text: () => void): void {
    this.endProgress()
    if (this.json) this.#terminal.out.write(`${JSON.stringify(value, null, 2)}\n`)
    else text()
  }

  /** A line of text; nothing under `--json`. */
  line(text = ''): void {
    if (!this.json) this.#terminal.out.write(`${text}\n`)
  }

  /** A remark on standard error, in both modes. */
  note(text: string): void {
    this.endProgress()
    this.#terminal.err.write(`${text}\n`)
  }

  /** Rows under their titles, as wide as their content, the last column cut at the window's edge. */
  table(columns: readonly (string | Column)[], rows: readonly (readonly CellText[])[]): void {
    if (this.json) return
    const specs = columns.map((column) => (typeof column === 'string' ? { title: column } : column))
    const texts = rows.map((row) => specs.map((_, index) => cellText(row[index])))
    const widths = specs.map((spec, index) =>
      Math.max(visibleWidth(spec.title), ...texts.map((row) => visibleWidth(row[index] ?? ''))),
    )
    const layout = (cells: readonly string[]): string =>
      cells
        .map((cell, index) => pad(cell, widths[index] ?? 0, specs[index]?.align ?? 'left'))
        .join('  ')
        .trimEnd()
    this.line(this.tone('muted', this.#fit(layout(specs.map((spec) => spec.title)))))
    for (const row of texts) this.line(this.#fit(layout(row)))
  }

  /** Labels and values, one pair a line. Pairs without a value are left out. */
  facts(pairs: readonly (readonly [label: string, value: CellText])[]): void {
    const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '')
    const width = Math.max(0, ...shown.map(([label]) => visibleWidth(label)))
    for (const [label, value] of shown) {
      this.line(`${this.tone('muted', label.padEnd(width))}  ${cellText(value)}`)
    }
  }

  /** The state of something that takes long; rewritten in place on a terminal, a line elsewhere. */
  progress(text: string): void {
    if (this.#terminal.err.isTTY !== true) {
      this.#terminal.err.write(`${text}\n`)
      return
    }
    this.#terminal.err.write(`\r\u001b[2K${text.slice(0, (this.#terminal.err.columns ?? 80) - 1)}`)
    this.#progressShown = true
  }

  /** Removes the progress line. */
  endProgress(): void {
    if (this.#progressShown) this.#terminal.err.write('\r\u001b[2K')
    this.#progressShown = false
  }

  /** Coloured text, plain where the output is no terminal or NO_COLOR is set. */
  tone(tone: Tone, text: string): string {
    if (this.#terminal.out.isTTY !== true || process.env['NO_COLOR']) return text
    return styleText(styles[tone], text, { validateStream: false })
  }

  #fit(line: string): string {
    const columns = this.#terminal.out.isTTY === true ? this.#terminal.out.columns : undefined
    if (columns === undefined || visibleWidth(line) <= columns) return line
    return `${stripVTControlCharacters(line).slice(0, columns - 1)}…`
  }
}

/** A count with thousands separators: 115,482. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

/** A size in bytes for people: 13.5 MB. */
export function formatBytes(sizeBytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const step = Math.min(
    units.length - 1,
    sizeBytes < 1000 ? 0 : Math.floor(Math.log10(sizeBytes) / 3),
  )
  const value = sizeBytes / 1000 ** step
  return `${step === 0 ? value : value.toFixed(value < 100 ? 1 : 0)} ${units[step]}`
}

/** An instant for people, in UTC to the second: 2001-03-05 08:30:00. */
export function formatMoment(at: number | null | undefined): string {
  if (at === null || at === undefined) return ''
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ')
}

/** A span of time for people: 350 ms, 4.2 s, 3 min, 2 h, 5 d. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`
}

/** A real number for people, four significant digits, a dash for none. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–'
  if (Number.isInteger(value)) return String(value)
  return Math.abs(value) >= 1e-4 && Math.abs(value) < 1e6
    ? String(Number(value.toPrecision(4)))
    : value.toExponential(2)
}

function cellText(value: CellText): string {
  if (value === null || value === undefined) return ''
  // Names come from other people: a control character must not move the cursor.
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return String(value).replaceAll(/[\u0000-\u001a\u001c-\u001f\u007f]/g, ' ')
}

function visibleWidth(text: string): number {
  return [...stripVTControlCharacters(text)].length
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - visibleWidth(text)))
  return align === 'right' ? `${space}${text}` : `${text}${space}`
}
