import type { InputColumn } from '#ports/frames/frames'
import { type Context, experimentsWithin, type Reach } from '#domains/access/index'
import { readHistory } from './point-history.ts'
import { type RunsReader, scanRuns } from './store.ts'

export const runTableNames = ['runs', 'parameters', 'tags', 'metrics', 'points'] as const
/** What was tracked, as five tables that join on `run_id`. */
export type RunTableName = (typeof runTableNames)[number]

export interface TableColumn {
  name: string
  type: InputColumn['type']
}

/** Which runs the tables hold: those of a project that are not deleted. */
export interface RunTableScope {
  project: string
  /** By number; all when it is left out. */
  experiments?: readonly number[] | undefined
}

/** The same, for who may not see all of them. */
type ReachedScope = RunTableScope & { reach: Reach }

const identity = (key: string): TableColumn => ({ name: key, type: 'string' })
const integer = (key: string): TableColumn => ({ name: key, type: 'integer' })
const number = (key: string): TableColumn => ({ name: key, type: 'number' })
const timestamp = (key: string): TableColumn => ({ name: key, type: 'timestamp' })
const texts = [identity('run_id'), identity('key'), identity('value')]

/** Moments are in UTC; a metric's `value` may be NaN and infinite. */
export const runTableColumns: Readonly<Record<RunTableName, readonly TableColumn[]>> = {
  runs: [
    identity('run_id'),
    identity('name'),
    integer('experiment_id'),
    identity('experiment'),
    identity('status'),
    identity('user_name'),
    identity('parent_run_id'),
    timestamp('started_at'),
    timestamp('ended_at'),
  ],
  parameters: texts,
  tags: texts,
  metrics: [
    identity('run_id'),
    identity('key'),
    number('value'),
    integer('step'),
    timestamp('timestamp'),
    number('first'),
    number('minimum'),
    number('maximum'),
    integer('count'),
  ],
  points: [
    identity('run_id'),
    identity('key'),
    integer('step'),
    timestamp('timestamp'),
    number('value'),
  ],
}

/** Rows by column, in the order of `runTableColumns`. */
export type Batch = (string | number | null)[][]

const runsAtOnce = 200
const pointsAtOnce = 50_000

interface ScopedRun {
  id: string
  project: string
  experiment: number
}

/** The rows of a table, some thousands at a time, so that memory stays flat. */
export async function* readRunTable(
  ctx: Context,
  scope: ReachedScope,
  table: RunTableName,
): AsyncGenerator<Batch> {
  const db = scanRuns(ctx)
  for await (const runs of pagesOfRuns(db, scope)) {
    const ids = runs.map((run) => run.id)
    if (table === 'runs') yield columnsOf(await runRows(db, scope.project, ids), table)
    else if (table === 'metrics') yield columnsOf(await metricRows(db, ids), table)
    else if (table === 'points') yield* pointBatches(ctx, db, ids)
    else yield columnsOf(await textRows(db, table, ids), table)
  }
}

async function* pagesOfRuns(db: RunsReader, scope: ReachedScope): AsyncGenerator<ScopedRun[]> {
  for (let after = ''; ;) {
    let query = db
      .selectFrom('runs')
      .select(['id', 'project', 'experiment'])
      .where('project', '=', scope.project)
      .where('state', '=', 'active')
      .where('id', '>', after)
    if (scope.experiments !== undefined) {
      query = query.where('experiment', 'in', [...scope.experiments])
    }
    for (const within of experimentsWithin(scope.reach, 'experiment')) query = query.where(within)
    const page = await query.orderBy('id').limit(runsAtOnce).execute()
    if (page.length > 0) yield page
    if (page.length < runsAtOnce) return
    after = page.at(-1)?.id ?? ''
  }
}

type Row = Readonly<Record<string, string | number | null>>

function columnsOf(rows: readonly Row[], table: RunTableName): Batch {
  return runTableColumns[table].map((column) => rows.map((row) => row[column.name] ?? null))
}

async function runRows(db: RunsReader, project: string, ids: readonly string[]): Promise<Row[]> {
  const names = await db
    .selectFrom('experiments')
    .select(['number', 'name'])
    .where('project', '=', project)
    .execute()
  const nameOf = new Map(names.map((row) => [row.number, row.name]))
  const rows = await db
    .selectFrom('runs')
    .select(['id', 'name', 'experiment', 'status', 'user_name', 'parent', 'started_at', 'ended_at'])
    .where('id', 'in', ids)
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    run_id: row.id,
    name: row.name,
    experiment_id: row.experiment,
    experiment: nameOf.get(row.experiment) ?? 'Default',
    status: row.status,
    user_name: row.user_name,
    parent_run_id: row.parent,
    started_at: row.started_at,
    ended_at: row.ended_at,
  }))
}

async function textRows(
  db: RunsReader,
  table: 'parameters' | 'tags',
  ids: readonly string[],
): Promise<Row[]> {
  const rows = await db
    .selectFrom(table === 'tags' ? 'run_tags' : 'run_parameters')
    .select(['run_id', 'key', 'value'])
    .where('run_id', 'in', ids)
    .orderBy('run_id')
    .orderBy('key')
    .execute()
  return rows
}

async function metricRows(db: RunsReader, ids: readonly string[]): Promise<Row[]> {
  const rows = await db
    .selectFrom('run_metrics')
    .select(['run_id', 'key', 'value', 'is_nan', 'step', 'timestamp'])
    .select(['first_value', 'first_is_nan', 'minimum', 'maximum', 'count'])
    .where('run_id', 'in', ids)
    .orderBy('run_id')
    .orderBy('key')
    .execute()
  return rows.map((row) => ({
    run_id: row.run_id,
    key: row.key,
    value: row.is_nan === 1 ? Number.NaN : row.value,
    step: row.step,
    timestamp: row.timestamp,
    first: row.first_is_nan === 1 ? Number.NaN : row.first_value,
    minimum: row.minimum ?? Number.NaN,
    maximum: row.maximum ?? Number.NaN,
    count: row.count,
  }))
}

async function* pointBatches(
  ctx: Context,
  db: RunsReader,
  ids: readonly string[],
): AsyncGenerator<Batch> {
  const series = await db
    .selectFrom('run_metrics')
    .select(['run_id', 'key'])
    .where('run_id', 'in', ids)
    .orderBy('run_id')
    .orderBy('key')
    .execute()
  for (const { run_id: run, key } of series) {
    for (let offset = 0; ; offset += pointsAtOnce) {
      const page = await readHistory(ctx, run, key, { offset, limit: pointsAtOnce })
      const { length } = page.steps
      yield [
        Array.from({ length }, () => run),
        Array.from({ length }, () => key),
        [...page.steps],
        [...page.timestamps],
        [...page.values],
      ]
      if (length < pointsAtOnce) break
    }
  }
}
