import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Grammar } from '#kernel/filter/grammar'
import { parseFilter } from '#kernel/filter/parse-filter'
import { parseOrder } from '#kernel/filter/parse-order'
import { offsetOf, offsetToken } from '#kernel/page-token'
import { authorize, type Context } from '#domains/access/index'
import { findExperiment } from './experiments.ts'
import { conditionOf } from './filter-sql.ts'
import { orderOf } from './order-sql.ts'
import { summariseRuns } from './read-run.ts'
import { type RunEntity, type RunLanguage, runGrammars } from './run-grammar.ts'
import type { RunSummary } from './run.ts'
import { readRuns, runColumns, type RunRow } from './store.ts'

export interface RunSearch {
  project: string
  /** Ids or names; default: all of the project. */
  experiments?: readonly string[] | undefined
  /** Ids that need not be there. */
  experimentNumbers?: readonly number[] | undefined
  filter: string
  orderBy?: readonly string[] | undefined
  /** The vocabulary of both; default: our own. */
  language?: RunLanguage | undefined
  state: 'active' | 'deleted' | 'all'
  limit: number
  pageToken?: string | undefined
}

/**
 * Runs that match a filter (see `parseFilter`), a page at a time, and how many match in all.
 * Errors: `invalid` for a wrong filter or order, `not_found` for an unknown experiment.
 */
export async function searchRuns(
  ctx: Context,
  input: RunSearch,
): Promise<{ items: RunSummary[]; total: number; nextPageToken?: string }> {
  const { rows, total, nextPageToken } = await searchRunRows(ctx, input)
  const items = await summariseRuns(readRuns(ctx), rows)
  return nextPageToken === undefined ? { items, total } : { items, total, nextPageToken }
}

/** The rows of a search. Errors: as `searchRuns`. */
export async function searchRunRows(
  ctx: Context,
  input: RunSearch,
): Promise<{ rows: RunRow[]; total: number; nextPageToken?: string }> {
  authorize(ctx, 'viewer', input.project)
  const offset = offsetOf(input.pageToken)
  const order = orderOf(parseOrder(grammarOf(input), input.orderBy ?? []))
  const where = sql.join(await conditionsOf(ctx, input), sql` and `)
  const db = readRuns(ctx)
  const counted = await sql<{ total: number }>`
    select count(*) as total from runs where ${where}`.execute(db)
  const total = Number(counted.rows[0]?.total ?? 0)
  const columns = sql.join(runColumns.map((column) => sql.ref(`runs.${column}`)))
  const { rows } = await sql<RunRow>`
    select ${columns} from runs where ${where} order by ${order}
    limit ${input.limit} offset ${offset}`.execute(db)
  return offset + rows.length < total && rows.length > 0
    ? { rows, total, nextPageToken: offsetToken(offset + rows.length) }
    : { rows, total }
}

async function conditionsOf(ctx: Context, input: RunSearch): Promise<RawBuilder<SqlBool>[]> {
  const conditions = [sql<SqlBool>`runs.project = ${input.project}`]
  if (input.state !== 'all') conditions.push(sql<SqlBool>`runs.state = ${input.state}`)
  if (input.experimentNumbers !== undefined) {
    conditions.push(sql<SqlBool>`runs.experiment in (${sql.join(input.experimentNumbers)})`)
  } else if (input.experiments !== undefined && input.experiments.length > 0) {
    const db = readRuns(ctx)
    const numbers: number[] = []
    for (const experiment of input.experiments) {
      numbers.push((await findExperiment(db, input.project, experiment)).number)
    }
    conditions.push(sql<SqlBool>`runs.experiment in (${sql.join(numbers)})`)
  } else if (input.state === 'active') {
    conditions.push(
      sql<SqlBool>`runs.experiment not in (select number from experiments
        where project = ${input.project} and state = 'deleted')`,
    )
  }
  return [...conditions, ...parseFilter(grammarOf(input), input.filter).map(conditionOf)]
}

function grammarOf(input: RunSearch): Grammar<RunEntity> {
  return runGrammars[input.language ?? 'gyre']
}

/** The keys that runs of a project (or experiment) have, in order, for choosing columns. */
export async function listRunColumns(
  ctx: Context,
  input: { project: string; experiment?: string | undefined },
): Promise<{ metrics: string[]; parameters: string[]; tags: string[] }> {
  authorize(ctx, 'viewer', input.project)
  const db = readRuns(ctx)
  const number =
    input.experiment === undefined
      ? undefined
      : (await findExperiment(db, input.project, input.experiment)).number
  const keysOf = async (table: 'run_metrics' | 'run_parameters' | 'run_tags') => {
    const where = [
      sql<SqlBool>`runs.project = ${input.project}`,
      sql<SqlBool>`runs.state = 'active'`,
    ]
    if (number !== undefined) where.push(sql<SqlBool>`runs.experiment = ${number}`)
    const { rows } = await sql<{ key: string }>`
      select distinct logged.key as key from ${sql.table(table)} as logged
      where logged.run_id in (select id from runs where ${sql.join(where, sql` and `)})
      order by key limit 1000`.execute(db)
    return rows.map((row) => row.key)
  }
  return {
    metrics: await keysOf('run_metrics'),
    parameters: await keysOf('run_parameters'),
    tags: await keysOf('run_tags'),
  }
}
