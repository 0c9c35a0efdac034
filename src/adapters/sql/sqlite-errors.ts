import { GyreError } from '#kernel/errors'

/** As `node:sqlite` throws it: `errcode` is SQLite's extended result code. */
interface SqliteError extends Error {
  code: 'ERR_SQLITE_ERROR'
  errcode: number
}

const busy = 5
const locked = 6

function isSqliteError(thrown: unknown): thrown is SqliteError {
  return thrown instanceof Error && 'errcode' in thrown && typeof thrown.errcode === 'number'
}

/** Whether another process holds the database just now. */
export function isBusy(thrown: unknown): boolean {
  return isSqliteError(thrown) && [busy, locked].includes(thrown.errcode & 0xff)
}

/** What SQLite's primary result code means to a user. Codes that are not here are our mistakes. */
const unavailableTexts: Readonly<Record<number, string>> = {
  5: 'The database is locked by another process. Try again; if it stays so, end that process.',
  6: 'The database is locked by another process. Try again; if it stays so, end that process.',
  7: 'There is not enough memory for the database. Nothing of this change was stored.',
  8: 'The database is read-only. Make the data directory writable for this user.',
  10: 'The disk with the database reports an error. Nothing of this change was stored; check the disk.',
  11: 'The database file is damaged. Stop the server and restore a backup with `gyre restore`.',
  13: 'The disk with the database is full. Nothing of this change was stored; free some space.',
  14: 'The database file cannot be opened. Check that the data directory exists and is writable.',
  26: 'The database file is not a SQLite database. Use another data directory, or restore a backup.',
}
const passing = [busy, locked, 7, 13]

const uniqueCodes = [1555, 2067, 2579]

/** Gives what SQLite threw as a `GyreError`; what it did not throw comes back as it is. */
export function fromSqliteError(thrown: unknown, sql: string): unknown {
  if (!isSqliteError(thrown)) return thrown
  const internal = `SQLite ${thrown.errcode}: ${thrown.message} in: ${sql}`
  if (uniqueCodes.includes(thrown.errcode)) {
    const columns = /failed: (.*)$/.exec(thrown.message)?.[1] ?? 'unique key'
    const text = `It exists already (same ${columns}).`
    return new GyreError({ code: 'already_exists', public: text, internal, cause: thrown })
  }
  const primary = thrown.errcode & 0xff
  const text = unavailableTexts[primary]
  if (text === undefined) {
    return new GyreError({
      code: 'internal',
      public: 'The database refused a statement. The server log has the details.',
      internal,
      cause: thrown,
    })
  }
  const retryable = passing.includes(primary)
  return new GyreError({ code: 'unavailable', public: text, internal, cause: thrown, retryable })
}
