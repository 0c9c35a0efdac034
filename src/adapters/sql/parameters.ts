import { invalid } from '#kernel/errors'

/**
 * Refuses a value that one of the engines would silently store as something else, or cannot store:
 * SQLite makes NaN a null, and a text of PostgreSQL holds no NUL.
 */
export function checkParameters(parameters: readonly unknown[]): void {
  for (const value of parameters) {
    if (typeof value === 'number' && Number.isNaN(value)) {
      throw invalid('NaN cannot be stored. Leave the value out, or give a number.')
    }
    if (typeof value === 'string' && value.includes('\0')) {
      const start = JSON.stringify(value.slice(0, 100))
      throw invalid(`The text ${start} holds the character NUL, which cannot be stored. Remove it.`)
    }
  }
}
