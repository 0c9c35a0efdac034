import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { offsetOf, offsetToken } from '#kernel/page-token'
import {
  authorizeOnExperiments,
  type Context,
  experimentsWithin,
  type Reach,
} from '#domains/access/index'
import { readChosenColumns } from './chosen-columns.ts'
import { findExperiment } from './experiments.ts'
import { countPages, pageOfRuns } from './page-of-runs.ts'
import { summariseRuns } from './read-run.ts'
import { type RunLanguage, readRunFilter, readRunOrder } from './run-grammar.ts'
import type { RunSummary } from './run.ts'
import {
  readOfRuns,
  readRuns,
  runColumns,
  type RunRow,
  type RunsReader,
  scanRuns,
} from './store.ts'

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
  /** Only these of what was logged: `metrics.loss`, `min.loss`, `max.loss`, `params.depth`, `tags.team`. */
  columns?: readonly string[] | undefined
}

/**
 * Runs that match a filter (see `parseFilter`), a page at a time, and how many match in all.
 * Errors: `invalid` for a wrong filter or order, `not_found` for an unknown experiment.
 */
export async function searchRuns(
  ctx: Context,
  input: RunSearch,
): Promise<{ items: RunSummary[]; total: number; nextPageToken?: string }> {
  authorizeOnExperiments(ctx, 'viewer', input.project)
  const chosen = readChosenColumns(input.columns)
  const { rows, total, nextPageToken } = await searchRunRows(ctx, input, { count: true })
  const items = await summariseRuns(readOfRuns(ctx, rows.length), rows, chosen)
  return nextPageToken === undefined ? { items, total } : { items, total, nextPageToken }
}

/** The rows of a search; `total` is -1 where it is not asked for. Errors: as `searchRuns`. */
export async function searchRunRows(
  ctx: Context,
  input: RunSearch,
  { count = false }: { count?: boolean } = {},
): Promise<{ rows: RunRow[]; total: number; nextPageToken?: string }> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const { limit } = input
  const offset = offsetOf(input.pageToken)
  const language = input.language ?? 'gyre'
  const page = {
    orderings: readRunOrder(language, input.orderBy ?? []),
    comparisons: readRunFilter(language, input.filter),
    conditions: await conditionsOf(ctx, reach, input),
    offset,
    limit: limit + 1,
  }
  const db = scanRuns(ctx)
  const ids = await pageOfRuns(db, page)
  const rows = await rowsOf(readOfRuns(ctx, ids.length), ids.slice(0, limit))
  const total = count ? await countPages(db, page) : -1
  return ids.length > limit
    ? { rows, total, nextPageToken: offsetToken(offset + limit) }
    : { rows, total }
}

/** How many runs one statement names: both engines bound its parameters. */
const rowsAtOnce = 1000

/** The rows of runs, in the order of their ids; of one that is gone by now there is none. */
async function rowsOf(db: RunsReader, ids: readonly string[]): Promise<RunRow[]> {
  const rows = new Map<string, RunRow>()
  for (let start = 0; start < ids.length; start += rowsAtOnce) {
    const found = await db
      .selectFrom('runs')
      .select(runColumns)
      .where('id', 'in', ids.slice(start, start + rowsAtOnce))
      .execute()
    for (const row of found) rows.set(row.id, row)
  }
  return ids.flatMap((id) => rows.get(id) ?? [])
}

/** Which runs a search is about, before its filter. */
export async function conditionsOf(
  ctx: Context,
  reach: Reach,
  input: Pick<RunSearch, 'project' | 'state' | 'experiments' | 'experimentNumbers'>,
): Promise<RawBuilder<SqlBool>[]> {
  const conditions = [
    sql<SqlBool>`runs.project = ${input.project}`,
    ...experimentsWithin(reach, 'runs.experiment'),
  ]
  if (input.state !== 'all') conditions.push(sql<SqlBool>`runs.state = ${input.state}`)
  if (input.experimentNumbers !== undefined) {
    conditions.push(sql<SqlBool>`runs.experiment in (${sql.join(input.experimentNumbers)})`)
  } else if (input.experiments !== undefined && input.experiments.length > 0) {
    const db = readRuns(ctx)
    const numbers: number[] = []
    for (const experiment of input.experiments) {
      numbers.push((await findExperiment(db, reach, experiment)).number)
    }
    conditions.push(sql<SqlBool>`runs.experiment in (${sql.join(numbers)})`)
  } else if (input.state === 'active') {
    conditions.push(
      sql<SqlBool>`runs.experiment not in (select number from experiments
        where project = ${input.project} and state = 'deleted')`,
    )
  }
  return conditions
}

/** The keys that runs of a project (or experiment) have, in order, for choosing columns. */
export async function listRunColumns(
  ctx: Context,
  input: { project: string; experiment?: string | undefined },
): Promise<{ metrics: string[]; parameters: string[]; tags: string[] }> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const db = readRuns(ctx)
  const number =
    input.experiment === undefined
      ? undefined
      : (await findExperiment(db, reach, input.experiment)).number
  const keysOf = async (table: 'run_metrics' | 'run_parameters' | 'run_tags') => {
    const where = [
      sql<SqlBool>`runs.project = ${input.project}`,
      sql<SqlBool>`runs.state = 'active'`,
      ...experimentsWithin(reach, 'runs.experiment'),
    ]
    if (number !== undefined) where.push(sql<SqlBool>`runs.experiment = ${number}`)
    const { rows } = await sql<{ key: string }>`
      select distinct logged.key as key from ${sql.table(table)} as logged
      where logged.run_id in (select id from runs where ${sql.join(where, sql` and `)})
      order by key limit 1000`.execute(scanRuns(ctx))
    return rows.map((row) => row.key)
  }
  return {
    metrics: await keysOf('run_metrics'),
    parameters: await keysOf('run_parameters'),
    tags: await keysOf('run_tags'),
  }
}
