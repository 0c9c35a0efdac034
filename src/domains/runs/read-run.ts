import { GyreError } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import type { Subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context, type Reach } from '#domains/access/index'
import { rawStatement, runRaw } from '#domains/journal/index'
import type { ChosenColumns } from './chosen-columns.ts'
import { metricNumber } from './metric-number.ts'
import type { Lifecycle, MetricSummary, Run, RunEnvironment, RunSummary } from './run.ts'
import { readForks } from './read-forks.ts'
import { setMember } from './set-member.ts'
import type { RunStatus } from './status.ts'
import {
  type ExperimentRow,
  readRuns,
  runColumns,
  runMetricColumns,
  type RunMetricRow,
  type RunRow,
  type RunsReader,
} from './store.ts'

/** A run with everything but its points. Errors: `not_found`. */
export async function getRun(ctx: Context, input: { project: string; run: string }): Promise<Run> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const db = readRuns(ctx)
  return describeRun(db, await findRun(db, reach, input.run))
}

const selectRun = rawStatement(
  `select ${runColumns.join(', ')} from runs where id = ? and project = ?`,
)

/** The row of a run within reach, deleted or not. Errors: `not_found`, `forbidden`. */
export async function findRun(db: RunsReader, reach: Reach, id: string): Promise<RunRow> {
  const { project } = reach
  const [row] = await runRaw<RunRow>(db, selectRun, [id, project])
  if (row === undefined) {
    throw new GyreError({
      code: 'not_found',
      public:
        `Run with id=${id.slice(0, 100)} not found in project "${project}". ` +
        'Look there with `gyre runs list`.',
    })
  }
  reach.require(String(row.experiment))
  return row
}

export async function describeRun(db: RunsReader, row: RunRow): Promise<Run> {
  const [summary] = await summariseRuns(db, [row])
  const links = await db
    .selectFrom('run_links')
    .select(['direction', 'subject'])
    .where('run_id', '=', row.id)
    .orderBy('subject')
    .execute()
  const metrics = await db
    .selectFrom('run_metrics')
    .select(runMetricColumns)
    .where('run_id', '=', row.id)
    .orderBy('key')
    .execute()
  const forks = await readForks(db, row.id)
  const linked = (direction: string): Subject[] =>
    links.filter((l) => l.direction === direction).map((l) => l.subject as Subject)
  return {
    ...(summary as RunSummary),
    description: row.description,
    reason: row.reason,
    ...forks,
    environment: parseStored<RunEnvironment>(row.environment),
    inputs: linked('input'),
    outputs: linked('output'),
    metricSummaries: metrics.map(metricSummaryOf),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** What the run made. */
export async function listOutputs(db: RunsReader, run: string): Promise<Subject[]> {
  const rows = await db
    .selectFrom('run_links')
    .select('subject')
    .where('run_id', '=', run)
    .where('direction', '=', 'output')
    .orderBy('subject')
    .execute()
  return rows.map((row) => row.subject as Subject)
}

function metricSummaryOf(row: RunMetricRow): MetricSummary {
  return {
    key: row.key,
    value: metricNumber(row.is_nan === 1 ? Number.NaN : row.value),
    step: row.step,
    timestamp: row.timestamp,
    first: metricNumber(row.first_is_nan === 1 ? Number.NaN : row.first_value),
    minimum: metricNumber(row.minimum ?? Number.NaN),
    maximum: metricNumber(row.maximum ?? Number.NaN),
    count: row.count,
  }
}

/**
 * The rows as the table shows them, in their order; with `chosen` only those keys. Three more
 * queries, however many rows.
 */
export async function summariseRuns(
  db: RunsReader,
  rows: readonly RunRow[],
  chosen?: ChosenColumns,
): Promise<RunSummary[]> {
  if (rows.length === 0) return []
  const ids = rows.map((row) => row.id)
  const names = await experimentNames(db, rows)
  const byRun = new Map(rows.map((row) => [row.id, summaryOf(row, names)]))
  for (const m of await loggedMetrics(db, ids, chosen)) {
    const run = byRun.get(m.run_id)
    if (run !== undefined) fillMetric(run, m, chosen)
  }
  for (const p of await loggedTexts(db, 'run_parameters', ids, chosen?.parameters)) {
    const run = byRun.get(p.run_id)
    if (run !== undefined) setMember(run.parameters, p.key, p.value)
  }
  for (const t of await loggedTexts(db, 'run_tags', ids, chosen?.tags)) {
    const run = byRun.get(t.run_id)
    if (run !== undefined) setMember(run.tags, t.key, t.value)
  }
  return [...byRun.values()]
}

type LoggedMetric = Pick<
  RunMetricRow,
  'run_id' | 'key' | 'value' | 'is_nan' | 'minimum' | 'maximum'
>

async function loggedMetrics(
  db: RunsReader,
  ids: readonly string[],
  chosen: ChosenColumns | undefined,
): Promise<LoggedMetric[]> {
  const keys = chosen && [...new Set([...chosen.latest, ...chosen.minimum, ...chosen.maximum])]
  if (keys?.length === 0) return []
  const all = db
    .selectFrom('run_metrics')
    .select(['run_id', 'key', 'value', 'is_nan', 'minimum', 'maximum'])
    .where('run_id', 'in', ids)
  return (keys === undefined ? all : all.where('key', 'in', keys)).execute()
}

function fillMetric(run: RunSummary, m: LoggedMetric, chosen: ChosenColumns | undefined): void {
  if (chosen === undefined || chosen.latest.has(m.key)) {
    setMember(run.metrics, m.key, metricNumber(m.is_nan === 1 ? Number.NaN : m.value))
  }
  if (chosen?.minimum.has(m.key) === true) {
    run.minimums = { ...run.minimums, [m.key]: metricNumber(m.minimum ?? Number.NaN) }
  }
  if (chosen?.maximum.has(m.key) === true) {
    run.maximums = { ...run.maximums, [m.key]: metricNumber(m.maximum ?? Number.NaN) }
  }
}

async function loggedTexts(
  db: RunsReader,
  table: 'run_parameters' | 'run_tags',
  ids: readonly string[],
  keys: ReadonlySet<string> | undefined,
): Promise<{ run_id: string; key: string; value: string }[]> {
  if (keys?.size === 0) return []
  const all = db.selectFrom(table).select(['run_id', 'key', 'value']).where('run_id', 'in', ids)
  return (keys === undefined ? all : all.where('key', 'in', [...keys])).execute()
}

function summaryOf(row: RunRow, names: ReadonlyMap<number, string>): RunSummary {
  return {
    id: row.id,
    experiment: String(row.experiment),
    experimentName: names.get(row.experiment) ?? String(row.experiment),
    name: row.name,
    status: row.status as RunStatus,
    state: row.state as Lifecycle,
    user: row.user_name,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    parent: row.parent,
    metrics: {},
    parameters: {},
    tags: {},
  }
}

async function experimentNames(
  db: RunsReader,
  rows: readonly RunRow[],
): Promise<ReadonlyMap<number, string>> {
  const project = rows[0]?.project ?? ''
  const numbers = [...new Set(rows.map((row) => row.experiment))]
  const found = await db
    .selectFrom('experiments')
    .select(['number', 'name'])
    .where('project', '=', project)
    .where('number', 'in', numbers)
    .execute()
  return new Map(found.map((e: Pick<ExperimentRow, 'number' | 'name'>) => [e.number, e.name]))
}
