import { CompiledQuery, type DialectAdapter, PostgresAdapter, type QueryResult } from 'kysely'
import type { Tables } from '#ports/tables/tables'

/** A statement of a measured hot path: its text is made once, so that both engines know it again. */
export type RawStatement = Readonly<Record<Tables['dialect'], string>>

/** `?` stands for a value; there is none in a text of its own. */
export function rawStatement(text: string): RawStatement {
  let count = 0
  return { sqlite: text, postgres: text.replaceAll('?', () => `$${++count}`) }
}

/** Rows of values for an insert, `(?, ?), (?, ?)`. */
export function valueRows(rows: number, columns: number): string {
  const row = `(${Array(columns).fill('?').join(', ')})`
  return Array(rows).fill(row).join(', ')
}

/** What a query of Kysely is, made once: only its text and its values matter. */
const blank = CompiledQuery.raw('')

/** What of Kysely this needs, whatever the tables. */
interface Executing {
  getExecutor(): { readonly adapter: DialectAdapter }
  executeQuery<Row>(query: CompiledQuery<Row>): Promise<QueryResult<Row>>
}

/** Runs a statement where `db` is: inside a change or outside of one. */
export async function runRaw<Row>(
  db: Executing,
  statement: RawStatement,
  values: readonly unknown[],
): Promise<Row[]> {
  const postgres = db.getExecutor().adapter instanceof PostgresAdapter
  const text = postgres ? statement.postgres : statement.sqlite
  const result = await db.executeQuery<Row>({ ...blank, sql: text, parameters: values })
  return result.rows
}

/**
 * Cuts a list into pieces of few sizes, the largest first, so that few statements serve any length.
 * Sizes fall, and the last is 1.
 */
export function piecesOf<T>(items: readonly T[], sizes: readonly number[]): T[][] {
  const pieces: T[][] = []
  let at = 0
  for (const size of sizes) {
    for (; items.length - at >= size; at += size) pieces.push(items.slice(at, at + size))
  }
  return pieces
}
