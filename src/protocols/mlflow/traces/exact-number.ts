interface ExactJson {
  /** Stands for a number in JSON as it is spelled; Node has it, TypeScript's library not yet. */
  rawJSON(text: string): unknown
}

/**
 * A whole number for `JSON.stringify`, digit for digit: nanoseconds are larger than what a number
 * holds exactly. `digits` must be digits with at most a sign before.
 */
export function exactNumber(digits: string): unknown {
  return (JSON as unknown as ExactJson).rawJSON(digits)
}
