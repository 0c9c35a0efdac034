import type { Kysely, Transaction } from 'kysely'
import type { Context } from '#domains/access/index'
import type { LoggedModelTables } from './logged-model-rows.ts'

export interface ExperimentRow {
  project: string
  number: number
  name: string
  description: string
  tags: string
  state: string
  /** Where its runs keep their files, as an address; empty: in this server, under its number. */
  artifact_location: string
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
  /** Empty: in this server, under its experiment's number and its id. */
  artifact_uri: string
  /** 1 when it was its experiment that was deleted, and comes back with it. */
  deleted_with_experiment: number
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
  /** The key's number within the run. */
  series: number
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

/** What a run has appended: where the next series and segment get their numbers from. */
export interface MetricHeadRow {
  run_id: string
  next_series: number
  next_segment: number
  /** Segments that are there, and their points. */
  segments: number
  points: number
  appended_at: number
}

/** Points of several series as they came, until they are sealed into chunks. */
export interface MetricSegmentRow {
  run_id: string
  segment: number
  points: number
  first_step: number
  last_step: number
  /** Whether the body is compressed. */
  is_packed: number
  body: Uint8Array
}

/**
 * Sealed points of one series. Chunks of a series have no (step, timestamp) in common, so they stand
 * one after the other.
 */
export interface MetricChunkRow {
  run_id: string
  series: number
  chunk: number
  count: number
  first_step: number
  first_timestamp: number
  last_step: number
  last_timestamp: number
  min_timestamp: number
  max_timestamp: number
  /** Cells of 256 points: last point and extremes. */
  rollup: Uint8Array
  /** What compression makes smaller, compressed; and the rest, as it is. */
  dense: Uint8Array
  noise: Uint8Array
}

/**
 * A chunk that a run has in common with the one it was continued from: the first `count` points of
 * another run's chunk.
 */
export interface MetricShareRow {
  run_id: string
  series: number
  /** Numbered among the run's own chunks. */
  chunk: number
  source_run: string
  source_series: number
  source_chunk: number
  count: number
  first_step: number
  first_timestamp: number
  last_step: number
  last_timestamp: number
  min_timestamp: number
  max_timestamp: number
  /** Of a part of the source; null: the source's own, of all of it. */
  rollup: Uint8Array | null
}

/** A chunk that its run does not have any more, and that others share. */
export interface MetricHiddenRow {
  run_id: string
  series: number
  chunk: number
}

/** A chunk as a run has it, its own or shared: of the points only the first `count`. */
export interface SeriesChunkRow extends MetricChunkRow {
  is_shared: number
  cut_rollup: Uint8Array | null
  source_run: string
  source_series: number
  source_chunk: number
}

/** A run that began with the history of another. */
export interface RunForkRow {
  run_id: string
  source_run: string
  /** The last step that it began with; null: all. */
  step: number | null
  /** `fork`, or `rewind`: it keeps what its source had before it went back to the step. */
  kind: string
  created_at: number
}

/** A point that was measured of a logged model, on a data set where one is named. */
export interface ModelMetricRow {
  model_id: string
  run_id: string
  key: string
  /** Empty: of no data set. */
  dataset_name: string
  dataset_digest: string
  step: number
  timestamp: number
  value: number
  is_nan: number
}

/** A file in the tree of its project. */
export interface ArtifactRow {
  project: string
  path: string
  /** The path above it; empty at the root. */
  directory: string
  sha256: string
  size_bytes: number
  created_at: number
}

/** A directory that has something in it. */
export interface ArtifactDirectoryRow {
  project: string
  path: string
  parent: string
}

/** A file on its way in parts. */
export interface ArtifactUploadRow {
  id: string
  project: string
  path: string
  parts: number
  state: string
  secret_sha256: string
  created_at: number
}

export interface ArtifactPartRow {
  upload_id: string
  number: number
  sha256: string
  md5: string
}

/** A data set as a client described it, once per experiment. */
export interface RunDatasetRow {
  id: string
  project: string
  experiment: number
  name: string
  digest: string
  source_type: string
  source: string
  schema: string | null
  profile: string | null
}

export interface RunDatasetInputRow {
  run_id: string
  dataset_id: string
  /** What it was used for, such as `training`: the tag `mlflow.data.context`. */
  context: string | null
  tags: string
}

/** A logged model that a run read (`input`) or made (`output`). */
export interface RunModelRow {
  run_id: string
  direction: string
  model_id: string
  step: number
}

export interface RunLinkRow {
  run_id: string
  direction: string
  subject: string
}

/** Something that was brought from another tracking server. */
export interface ImportedItemRow {
  project: string
  kind: string
  source_id: string
  target_id: string
  /** Of all that was there to bring, so that what changed since is brought again. */
  fingerprint: string
  imported_at: number
}

export interface RunsTables extends LoggedModelTables {
  experiments: ExperimentRow
  runs: RunRow
  run_parameters: RunParameterRow
  run_tags: RunTagRow
  run_metrics: RunMetricRow
  metric_heads: MetricHeadRow
  metric_segments: MetricSegmentRow
  metric_chunks: MetricChunkRow
  metric_shares: MetricShareRow
  metric_hidden: MetricHiddenRow
  series_chunks: SeriesChunkRow
  run_forks: RunForkRow
  model_metrics: ModelMetricRow
  artifacts: ArtifactRow
  artifact_directories: ArtifactDirectoryRow
  artifact_uploads: ArtifactUploadRow
  artifact_parts: ArtifactPartRow
  run_datasets: RunDatasetRow
  run_dataset_inputs: RunDatasetInputRow
  run_models: RunModelRow
  run_links: RunLinkRow
  imported_items: ImportedItemRow
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
  'artifact_uri',
  'deleted_with_experiment',
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
  'artifact_location',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof ExperimentRow)[]

export const runMetricColumns = [
  'run_id',
  'key',
  'series',
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

export function readRuns(ctx: Pick<Context, 'tables'>): RunsReader {
  return ctx.tables.read<RunsTables>()
}

/** For what may walk over many rows. */
export function scanRuns(ctx: Pick<Context, 'tables'>): RunsReader {
  return ctx.tables.scan<RunsTables>()
}

/** So many runs are read at once before anybody would wait for it. */
const fewRuns = 400

/** For what was logged to so many runs. */
export function readOfRuns(ctx: Pick<Context, 'tables'>, count: number): RunsReader {
  return count > fewRuns ? scanRuns(ctx) : readRuns(ctx)
}
