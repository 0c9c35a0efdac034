import type { Kysely, Transaction } from 'kysely'
import type { Context } from '#domains/access/index'

export interface ExperimentRow {
  project: string
  number: number
  name: string
  description: string
  tags: string
  state: string
  created_at: number
  updated_at: number
}

export interface RunRow {
  id: string
  project: string
  experiment: number
  name: string
  description: string
  status: string
  state: string
  user_name: string
  reason: string | null
  parent: string | null
  environment: string
  started_at: number | null
  ended_at: number | null
  created_at: number
  updated_at: number
}

export interface RunParameterRow {
  run_id: string
  key: string
  value: string
}

export interface RunTagRow {
  run_id: string
  key: string
  value: string
}

/** Kept with every point, so that tables and searches never read the points themselves. */
export interface RunMetricRow {
  run_id: string
  key: string
  /** 0 where `is_nan` is 1: no engine keeps a NaN the same way. */
  value: number
  is_nan: number
  step: number
  timestamp: number
  first_value: number
  first_is_nan: number
  first_step: number
  first_timestamp: number
  /** null: every value is NaN. */
  minimum: number | null
  maximum: number | null
  count: number
}

export interface MetricPointRow {
  run_id: string
  key: string
  step: number
  timestamp: number
  value: number
  is_nan: number
}

export interface RunArtifactRow {
  run_id: string
  path: string
  sha256: string
  size_bytes: number
  created_at: number
}

export interface RunLinkRow {
  run_id: string
  direction: string
  subject: string
}

export interface RunsTables {
  experiments: ExperimentRow
  runs: RunRow
  run_parameters: RunParameterRow
  run_tags: RunTagRow
  run_metrics: RunMetricRow
  metric_points: MetricPointRow
  run_artifacts: RunArtifactRow
  run_links: RunLinkRow
}

export type RunsTransaction = Transaction<RunsTables>
/** Inside a change or outside of one. */
export type RunsReader = Kysely<RunsTables>

export const runColumns = [
  'id',
  'project',
  'experiment',
  'name',
  'description',
  'status',
  'state',
  'user_name',
  'reason',
  'parent',
  'environment',
  'started_at',
  'ended_at',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof RunRow)[]

export const experimentColumns = [
  'project',
  'number',
  'name',
  'description',
  'tags',
  'state',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof ExperimentRow)[]

export const runMetricColumns = [
  'run_id',
  'key',
  'value',
  'is_nan',
  'step',
  'timestamp',
  'first_value',
  'first_is_nan',
  'first_step',
  'first_timestamp',
  'minimum',
  'maximum',
  'count',
] as const satisfies readonly (keyof RunMetricRow)[]

export function readRuns(ctx: Context): RunsReader {
  return ctx.tables.read<RunsTables>()
}
