/** A number with the digits that it was written with: nanoseconds are beyond what a double holds. */
export class ExactNumber {
  readonly digits: string

  constructor(digits: string) {
    this.digits = digits
  }

  get isWhole(): boolean {
    return /^-?\d+$/.test(this.digits)
  }
}

/** Reads JSON with every number as an `ExactNumber`. Errors: `SyntaxError`. */
export function parseExact(text: string): unknown {
  return JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? new ExactNumber(context?.source ?? String(value)) : value,
  )
}

/** The same of several texts: what is no JSON, such as Python's bare NaN, is told instead. */
export function parseEach(texts: readonly string[]): {
  read: unknown[]
  problem: string | undefined
} {
  const read: unknown[] = []
  let problem: string | undefined
  for (const text of texts) {
    try {
      read.push(parseExact(text))
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError)) throw thrown
      problem ??= thrown.message
    }
  }
  return { read, problem }
}
