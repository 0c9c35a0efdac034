import {
  type Driver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type Transaction,
} from 'kysely'
import { GyreError } from '#kernel/errors'
import type { Tables } from '#ports/tables/tables'
import { fromSqliteError } from './sqlite-errors.ts'
import { SqliteReaders } from './sqlite-readers.ts'
import { SqliteWriter } from './sqlite-writer.ts'
import { WriteGuard } from './write-guard.ts'

/**
 * Opens (or creates) the SQLite file of a data directory. Write-ahead log with `synchronous=full`:
 * what was acknowledged survives a crash of the machine, too. Throws `unavailable` when the file
 * cannot be opened, is damaged, or is no database.
 */
export async function openSqlite(path: string): Promise<Tables> {
  const writer = openWriter(path)
  const readers = new SqliteReaders(path)
  const writing = kyselyOn(writer)
  const reading = kyselyOn(readers)
  const guard = new WriteGuard()
  const write = <DB, T>(work: (tx: Transaction<DB>) => Promise<T>): Promise<T> =>
    guard.run(() => writer.write(() => (writing as Kysely<DB>).transaction().execute(work)))
  return {
    dialect: 'sqlite',
    read: <DB>() => reading as Kysely<DB>,
    write,
    statement: write,
    close: async () => {
      await guard.close()
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

function kyselyOn(driver: Driver): Kysely<unknown> {
  return new Kysely<unknown>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => driver,
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  })
}
