import type { Kysely, Transaction } from 'kysely'
import { GyreError } from '#kernel/errors'
import type { Tables } from '#ports/tables/tables'
import { type ScanLimit, usualScanLimit } from './scan-limit.ts'
import { fromSqliteError } from './sqlite-errors.ts'
import { directKyselyOn, kyselyOn } from './sqlite-kysely.ts'
import { SqliteReaders } from './sqlite-readers.ts'
import { SqliteScans } from './sqlite-scans.ts'
import { SqliteWriter } from './sqlite-writer.ts'
import { WriteGuard } from './write-guard.ts'

/**
 * Opens (or creates) the SQLite file of a data directory. Write-ahead log with `synchronous=full`:
 * what was acknowledged survives a crash of the machine, too. Throws `unavailable` when the file
 * cannot be opened, is damaged, or is no database.
 */
export async function openSqlite(
  path: string,
  scanLimit: ScanLimit = usualScanLimit,
): Promise<Tables> {
  const writer = openWriter(path)
  const readers = new SqliteReaders(path)
  const scans = new SqliteScans(path, scanLimit)
  const reading = directKyselyOn(readers, () => readers.shared())
  const scanning = kyselyOn(scans)
  const guard = new WriteGuard()
  const write = <DB, T>(work: (tx: Transaction<DB>) => Promise<T>): Promise<T> =>
    guard.run(() => writer.write((tx) => work(tx as Transaction<DB>)))
  return {
    dialect: 'sqlite',
    read: <DB>() => reading as Kysely<DB>,
    scan: <DB>() => scanning as Kysely<DB>,
    write,
    statement: write,
    close: async () => {
      await guard.close()
      await scans.destroy()
      // The last to close folds the log into the file, which a reader cannot.
      await readers.destroy()
      await writer.destroy()
    },
  }
}

function openWriter(path: string): SqliteWriter {
  try {
    return new SqliteWriter(path)
  } catch (thrown) {
    const failure = fromSqliteError(thrown, `open ${path}`)
    if (!(failure instanceof GyreError)) throw failure
    throw new GyreError({
      code: failure.code,
      public: `${failure.public} (${path})`,
      internal: failure.internal ?? '',
      cause: thrown,
      retryable: failure.retryable,
    })
  }
}
