import { invalid } from '#kernel/errors'

/**
 * Refuses a value that one of the engines would silently store as something else: SQLite makes NaN
 * a null.
 */
export function checkParameters(parameters: readonly unknown[]): void {
  for (const value of parameters) {
    if (typeof value === 'number' && Number.isNaN(value)) {
      throw invalid('NaN cannot be stored. Leave the value out, or give a number.')
    }
  }
}
