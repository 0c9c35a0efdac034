import type { Kysely, Transaction } from 'kysely'

/**
 * The control plane's rows. One schema, made by the numbered migrations, on SQLite or PostgreSQL.
 *
 * - Rows use six portable kinds: text, integer (up to 2^53), real, boolean as integer 0/1, JSON as
 *   text, and bytes (`Uint8Array`). Instants are integers, milliseconds.
 * - `read` sees what is committed and never waits for a writer.
 * - `scan` is `read` for what may walk over many rows: searches, lists with filters, statistics. No
 *   other request waits for it; it costs some tenths of a millisecond more. A statement that takes
 *   too long is given up with `too_large`, and `unavailable` says that too many are under way.
 * - `write` runs its work in one serialisable unit: all of it happens, or nothing; on return it is
 *   durable. Keep the work free of any other I/O, since it may hold the only writer. A `write`
 *   inside a `write` is a programming error and throws.
 * - `statement` runs one statement that is a whole change by itself, such as the renewal of a lease.
 *   Where the engine can, it does not wait behind a long `write`; so what a `write` read before may
 *   change under it, unless it locked the row. Not allowed inside a `write` either.
 * - A transient failure (serialisation, dead-lock) is retried inside; the work may run again, so it
 *   must not touch anything but `tx`.
 * - Failures are `GyreError`: `unavailable` for a full disk, a lost or locked database; `conflict`
 *   never comes from here — unique violations surface as `already_exists`.
 */
export interface Tables {
  readonly dialect: 'sqlite' | 'postgres'
  read<DB>(): Kysely<DB>
  scan<DB>(): Kysely<DB>
  write<DB, T>(work: (tx: Transaction<DB>) => Promise<T>): Promise<T>
  statement<DB, T>(work: (db: Kysely<DB>) => Promise<T>): Promise<T>
  close(): Promise<void>
}
