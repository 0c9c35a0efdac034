import { type CreateTableBuilder, type RawBuilder, sql, type Transaction } from 'kysely'
import type { Tables } from '#ports/tables/tables'

type ColumnType = RawBuilder<unknown>

/**
 * What a migration is handed: the transaction, and column types that mean the same on SQLite and
 * PostgreSQL.
 *
 * - `text`: compared and ordered by bytes on both engines. Also for JSON.
 * - `integer`: 64 bits, read as a number up to 2^53. Also for instants and for booleans (0, 1).
 * - `real`: 64-bit float. NaN is refused by both engines' adapters.
 * - `bytes`: read as `Uint8Array`. For what the product itself encodes; files are blobs.
 */
export interface Schema {
  db: Transaction<unknown>
  text: ColumnType
  integer: ColumnType
  real: ColumnType
  bytes: ColumnType
  /**
   * `create table`; on SQLite a strict one, so that a wrong type fails there, too. `clustered`: rows
   * are small and read by ranges of the primary key, so SQLite keeps them in its order.
   */
  table(name: string, options?: { clustered?: boolean }): CreateTableBuilder<string>
  /** `create index` named after the table and columns. */
  index(table: string, columns: readonly string[], options?: { unique?: boolean }): Promise<void>
}

export function schemaOn(db: Transaction<unknown>, dialect: Tables['dialect']): Schema {
  const postgres = dialect === 'postgres'
  return {
    db,
    text: postgres ? sql`text collate "C"` : sql`text`,
    integer: postgres ? sql`bigint` : sql`integer`,
    real: postgres ? sql`double precision` : sql`real`,
    bytes: postgres ? sql`bytea` : sql`blob`,
    table: (name, options) => {
      const table = db.schema.createTable(name)
      if (postgres) return table
      return table.modifyEnd(options?.clustered === true ? sql`strict, without rowid` : sql`strict`)
    },
    index: async (table, columns, options) => {
      const index = db.schema.createIndex(`${table}_by_${columns.join('_')}`).on(table)
      const named = index.columns([...columns])
      await (options?.unique === true ? named.unique() : named).execute()
    },
  }
}
