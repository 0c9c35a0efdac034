import { sql } from 'kysely'
import { GyreError } from '#kernel/errors'
import type { Tables } from './tables.ts'

/** The table that the contract's tests use. */
export interface Db {
  things: { id: string; count: number; size: number | null; note: string | null }
}

/** `limit`: how long a statement of a scan may take. */
export type Open = (limit?: { timeoutMs: number }) => Promise<Tables>

export async function withThings(
  open: Open,
  work: (tables: Tables) => Promise<void>,
  limit?: { timeoutMs: number },
): Promise<void> {
  const tables = await open(limit)
  try {
    const postgres = tables.dialect === 'postgres'
    await tables.write<Db, void>(async (tx) => {
      await tx.schema
        .createTable('things')
        .addColumn('id', postgres ? sql`text collate "C"` : 'text', (c) => c.primaryKey())
        .addColumn('count', postgres ? 'bigint' : 'integer', (c) => c.notNull())
        .addColumn('size', postgres ? 'double precision' : 'real')
        .addColumn('note', 'text')
        .execute()
    })
    await work(tables)
  } finally {
    await tables.close()
  }
}

export function insert(tables: Tables, id: string, count = 0): Promise<unknown> {
  return tables.write<Db, unknown>((tx) =>
    tx.insertInto('things').values({ id, count, size: null, note: null }).execute(),
  )
}

export async function ids(tables: Tables): Promise<string[]> {
  const rows = await tables.read<Db>().selectFrom('things').select('id').orderBy('id').execute()
  return rows.map((row) => row.id)
}

export function isGyreError(code: string): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof GyreError && thrown.code === code
}
