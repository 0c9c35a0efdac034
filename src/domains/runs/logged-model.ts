import { notFound } from '#kernel/errors'
import { authorizeOnExperiments, type Context, type Reach } from '#domains/access/index'
import { loggedModelColumns, type LoggedModelRow } from './logged-model-rows.ts'
import { type MetricNumber, metricNumber } from './metric-number.ts'
import { valueOf } from './metric-point.ts'
import type { Lifecycle } from './run.ts'
import { type ModelMetricRow, readRuns, type RunsReader } from './store.ts'

export const loggedModelStatuses = ['pending', 'ready', 'failed'] as const
export type LoggedModelStatus = (typeof loggedModelStatuses)[number]

export interface LoggedModelMetric {
  key: string
  value: MetricNumber
  timestamp: number
  step: number
  /** The run that measured it. */
  run: string
  datasetName: string | null
  datasetDigest: string | null
}

export interface LoggedModel {
  /** `m-` and 32 hexadecimal characters. */
  id: string
  /** A decimal text. */
  experiment: string
  name: string
  artifactLocation: string
  modelType: string
  sourceRun: string | null
  status: LoggedModelStatus
  statusMessage: string | null
  state: Lifecycle
  tags: Record<string, string>
  params: Record<string, string>
  /** Ordered by time and step, so that the last of a key is the latest. */
  metrics: LoggedModelMetric[]
  createdAt: number
  updatedAt: number
}

const metricColumns = [
  'model_id',
  'key',
  'timestamp',
  'step',
  'run_id',
  'value',
  'is_nan',
  'dataset_name',
  'dataset_digest',
] as const satisfies readonly (keyof ModelMetricRow)[]

/** A logged model; a deleted one only when that is asked for. Errors: `not_found`. */
export async function getLoggedModel(
  ctx: Context,
  input: { project: string; model: string; allowDeleted?: boolean | undefined },
): Promise<LoggedModel> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const db = readRuns(ctx)
  const row = await findLoggedModel(db, reach, input.model)
  if (row.state === 'deleted' && input.allowDeleted !== true) throw noLoggedModel(input.model)
  return describeLoggedModel(db, row)
}

/** The row of a logged model within reach, deleted or not. Errors: `not_found`, `forbidden`. */
export async function findLoggedModel(
  db: RunsReader,
  reach: Reach,
  id: string,
): Promise<LoggedModelRow> {
  const row = await db
    .selectFrom('logged_models')
    .select(loggedModelColumns)
    .where('id', '=', id)
    .where('project', '=', reach.project)
    .executeTakeFirst()
  if (row === undefined) throw noLoggedModel(id)
  reach.require(String(row.experiment))
  return row
}

export function noLoggedModel(id: string): Error {
  return notFound('logged model', id.slice(0, 100))
}

export async function describeLoggedModel(
  db: RunsReader,
  row: LoggedModelRow,
): Promise<LoggedModel> {
  const [model] = await describeLoggedModels(db, [row])
  return model as LoggedModel
}

/** The rows with what belongs to them, in their order. Three more queries, however many rows. */
export async function describeLoggedModels(
  db: RunsReader,
  rows: readonly LoggedModelRow[],
): Promise<LoggedModel[]> {
  if (rows.length === 0) return []
  const ids = rows.map((row) => row.id)
  const params = await textsOf(db, 'logged_model_params', ids)
  const tags = await textsOf(db, 'logged_model_tags', ids)
  const metrics = await db
    .selectFrom('model_metrics')
    .select(metricColumns)
    .where('model_id', 'in', ids)
    .orderBy('timestamp')
    .orderBy('step')
    .orderBy('key')
    .orderBy('run_id')
    .execute()
  const metricsOf = Map.groupBy(metrics, (metric) => metric.model_id)
  return rows.map((row) => ({
    id: row.id,
    experiment: String(row.experiment),
    name: row.name,
    artifactLocation: row.artifact_location,
    modelType: row.model_type,
    sourceRun: row.source_run_id,
    status: row.status as LoggedModelStatus,
    statusMessage: row.status_message,
    state: row.state as Lifecycle,
    tags: tags.get(row.id) ?? {},
    params: params.get(row.id) ?? {},
    metrics: (metricsOf.get(row.id) ?? []).map(metricFromRow),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }))
}

async function textsOf(
  db: RunsReader,
  table: 'logged_model_params' | 'logged_model_tags',
  ids: readonly string[],
): Promise<ReadonlyMap<string, Record<string, string>>> {
  const rows = await db
    .selectFrom(table)
    .select(['model_id', 'key', 'value'])
    .where('model_id', 'in', ids)
    .orderBy('key')
    .execute()
  const byModel = Map.groupBy(rows, (row) => row.model_id)
  return new Map(
    [...byModel].map(([id, own]) => [id, Object.fromEntries(own.map((r) => [r.key, r.value]))]),
  )
}

function metricFromRow(row: ModelMetricRow): LoggedModelMetric {
  return {
    key: row.key,
    value: metricNumber(valueOf(row)),
    timestamp: row.timestamp,
    step: row.step,
    run: row.run_id,
    datasetName: row.dataset_name || null,
    datasetDigest: row.dataset_digest || null,
  }
}
