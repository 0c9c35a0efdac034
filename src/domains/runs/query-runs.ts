import { GyreError, invalid } from '#kernel/errors'
import type { Cell, ColumnType } from '#ports/frames/frames'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { loadRunTable } from './load-run-table.ts'
import {
  type Batch,
  readRunTable,
  type RunTableName,
  runTableNames,
  type RunTableScope,
} from './run-tables.ts'

export interface RunQuery extends RunTableScope {
  /** One SELECT in DuckDB's dialect over runs, parameters (params), tags, metrics, points. */
  sql: string
  /** Further rows are cut off, and it is said. */
  maxRows: number
}

export interface RunQueryResult {
  columns: { name: string; type: ColumnType }[]
  rows: Cell[][]
  truncated: boolean
}

const limits = { memoryBytes: 768 * 2 ** 20, threads: 2 }
const timeoutMs = 30_000
const mostPoints = 5_000_000
const longestSql = 100_000

/**
 * Answers SQL that a user wrote over what was tracked in a project. It runs in an engine of its own
 * that has these tables and nothing else: no file, no network, no setting can be reached, memory and
 * time are bounded. Moments are UTC. Errors: `invalid` (not one SELECT, or a wrong one), `too_large`
 * (points), `unavailable` (memory, time).
 */
export async function queryRuns(ctx: Context, input: RunQuery): Promise<RunQueryResult> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const { sql, maxRows } = input
  if (sql.length > longestSql) throw invalid(`The query is longer than ${longestSql} characters.`)
  return ctx.frames.sandbox(limits, async (session) => {
    for (const table of runTableNames.filter((name) => mentions(sql, name))) {
      await loadRunTable(
        session,
        table,
        bounded(table, readRunTable(ctx, { ...input, reach }, table)),
      )
    }
    if (mentions(sql, 'parameters')) {
      await session.run('CREATE TEMP VIEW params AS FROM parameters')
    }
    await session.checkSelect(sql)
    const query = `SELECT * FROM (${sql.trim().replace(/[;\s]+$/, '')}\n) LIMIT ${maxRows + 1}`
    const options = { timeoutMs, ...(ctx.signal === undefined ? {} : { signal: ctx.signal }) }
    const columns = await session.describe(query, options)
    const values = await session.columns(query, options)
    const count = values[columns[0]?.name ?? '']?.length ?? 0
    return {
      columns: columns.map(({ name, type }) => ({ name, type })),
      rows: Array.from({ length: Math.min(count, maxRows) }, (_, i) =>
        columns.map(({ name }) => textual(values[name]?.[i] ?? null)),
      ),
      truncated: count > maxRows,
    }
  })
}

/** JSON has no NaN and no infinities. */
function textual(value: Cell): Cell {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}

/** A table that is not named cannot be meant: only what is asked for is brought. */
function mentions(sql: string, table: RunTableName): boolean {
  const names = table === 'parameters' ? 'parameters|params' : table
  return new RegExp(`(?<![\\w$])(?:${names})(?![\\w$])`, 'i').test(sql)
}

async function* bounded(table: RunTableName, batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
  let count = 0
  for await (const batch of batches) {
    count += batch[0]?.length ?? 0
    if (count > mostPoints) {
      throw new GyreError({
        code: 'too_large',
        public:
          `There are more than ${mostPoints.toLocaleString('en-US')} rows of ${table} to read. Name the experiments, ` +
          'or export the table as Parquet and query that.',
      })
    }
    yield batch
  }
}
