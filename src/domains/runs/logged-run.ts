import { parseStored } from '#kernel/json'
import { rawStatement, runRaw, valueRows } from '#domains/journal/index'
import { artifactUriOf } from './artifact-place.ts'
import { valueOf } from './metric-point.ts'
import { mirroredTags } from './mirrored-tags.ts'
import type { Lifecycle } from './run.ts'
import type { RunStatus } from './status.ts'
import type { RunMetricRow, RunRow, RunsReader, RunTagRow } from './store.ts'

/** A data set as a client described it. */
export interface RunDataset {
  name: string
  digest: string
  sourceType: string
  source: string
  schema: string | null
  profile: string | null
}

export interface DatasetInput {
  dataset: RunDataset
  tags: { key: string; value: string }[]
}

/** The latest value of a metric: highest (step, timestamp, value). */
export interface LatestMetric {
  key: string
  /** Any double. */
  value: number
  step: number
  timestamp: number
}

/** A run with everything that clients log to it, but the points of its metrics. */
export interface LoggedRun {
  id: string
  name: string
  experiment: string
  user: string
  status: RunStatus
  state: Lifecycle
  startedAt: number | null
  endedAt: number | null
  artifactUri: string
  metrics: LatestMetric[]
  parameters: [key: string, value: string][]
  /** With the values of the run that MLflow has as tags. */
  tags: [key: string, value: string][]
  datasets: DatasetInput[]
  modelInputs: string[]
  modelOutputs: { model: string; step: number }[]
}

/** How many runs one query names: both engines bound the parameters of a statement. */
const runsAtOnce = 500

/** Rows with what was logged to them, in their order. Five queries for every 500 runs. */
export async function readLogged(db: RunsReader, rows: readonly RunRow[]): Promise<LoggedRun[]> {
  const runs = new Map(rows.map((row) => [row.id, emptyRun(row)]))
  for (let start = 0; start < rows.length; start += runsAtOnce) {
    const ids = rows.slice(start, start + runsAtOnce).map((row) => row.id)
    await fillMetrics(db, ids, runs)
    await fillTexts(db, ids, runs)
    await fillDatasets(db, ids, runs)
    await fillModels(db, ids, runs)
  }
  return [...runs.values()]
}

/** What was written with a new run; tags that are mirrored are in its row. */
export interface WrittenTexts {
  parameters: Readonly<Record<string, string>>
  tags: Readonly<Record<string, string>>
}

/** A run that was just written, without reading it: in the order in which it would be read. */
export function newLoggedRun(row: RunRow, written: WrittenTexts): LoggedRun {
  const run = emptyRun(row)
  run.parameters.push(...inOrder(written.parameters))
  run.tags.push(...inOrder(written.tags))
  return run
}

function inOrder(texts: Readonly<Record<string, string>>): [key: string, value: string][] {
  return Object.entries(texts).toSorted(([a], [b]) => (a < b ? -1 : 1))
}

type Runs = ReadonlyMap<string, LoggedRun>

function emptyRun(row: RunRow): LoggedRun {
  return {
    id: row.id,
    name: row.name,
    experiment: String(row.experiment),
    user: row.user_name,
    status: row.status as RunStatus,
    state: row.state as Lifecycle,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    artifactUri: artifactUriOf(row),
    metrics: [],
    parameters: [],
    tags: mirroredTags(row),
    datasets: [],
    modelInputs: [],
    modelOutputs: [],
  }
}

/** Rows of runs in the order in which both engines keep them, so that none is sorted. */
function rowsOfRuns<Row>(
  db: RunsReader,
  columns: string,
  table: string,
  ids: readonly string[],
): Promise<Row[]> {
  const text = `select run_id, ${columns} from ${table}
    where run_id in ${valueRows(1, ids.length)} order by run_id, key`
  return runRaw<Row>(db, rawStatement(text), ids)
}

type LatestRow = Pick<RunMetricRow, 'run_id' | 'key' | 'value' | 'is_nan' | 'step' | 'timestamp'>

async function fillMetrics(db: RunsReader, ids: readonly string[], runs: Runs): Promise<void> {
  const columns = 'key, value, is_nan, step, timestamp'
  for (const row of await rowsOfRuns<LatestRow>(db, columns, 'run_metrics', ids)) {
    const { key, step, timestamp } = row
    runs.get(row.run_id)?.metrics.push({ key, value: valueOf(row), step, timestamp })
  }
}

async function fillTexts(db: RunsReader, ids: readonly string[], runs: Runs): Promise<void> {
  for (const [table, member] of [
    ['run_parameters', 'parameters'],
    ['run_tags', 'tags'],
  ] as const) {
    for (const row of await rowsOfRuns<RunTagRow>(db, 'key, value', table, ids)) {
      runs.get(row.run_id)?.[member].push([row.key, row.value])
    }
  }
}

async function fillDatasets(db: RunsReader, ids: readonly string[], runs: Runs): Promise<void> {
  const rows = await db
    .selectFrom('run_dataset_inputs')
    .innerJoin('run_datasets', 'run_datasets.id', 'run_dataset_inputs.dataset_id')
    .select(['run_id', 'name', 'digest', 'source_type', 'source', 'schema', 'profile', 'tags'])
    .where('run_id', 'in', ids)
    .orderBy('run_datasets.id')
    .execute()
  for (const { run_id: run, tags, source_type: sourceType, ...dataset } of rows) {
    runs.get(run)?.datasets.push({
      dataset: { ...dataset, sourceType },
      tags: parseStored<DatasetInput['tags']>(tags),
    })
  }
}

async function fillModels(db: RunsReader, ids: readonly string[], runs: Runs): Promise<void> {
  const rows = await db
    .selectFrom('run_models')
    .select(['run_id', 'direction', 'model_id', 'step'])
    .where('run_id', 'in', ids)
    .orderBy('model_id')
    .execute()
  for (const { run_id: run, direction, model_id: model, step } of rows) {
    if (direction === 'input') runs.get(run)?.modelInputs.push(model)
    else runs.get(run)?.modelOutputs.push({ model, step })
  }
}
