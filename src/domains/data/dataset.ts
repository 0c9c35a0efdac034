import type { Json } from '#kernel/json'
import { parseStored } from '#kernel/json'
import { notFound } from '#kernel/errors'
import { checkName } from '#kernel/names'
import type { Cell, FrameColumn } from '#ports/frames/frames'
import type { Context } from '#domains/access/index'
import {
  datasetColumns,
  type DatasetRow,
  type DataTables,
  type readData,
  type VersionDetailRow,
  type VersionSummaryRow,
} from './store.ts'

/** One expectation in Great Expectations' vocabulary. */
export interface Expectation {
  type: string
  kwargs: Record<string, Json>
  /** `warn`: told, but the version is committed all the same. */
  severity: 'warn' | 'refuse'
  /** Of the new files only, or of all files of the version. */
  scope: 'batch' | 'version'
}

export interface ExpectationResult {
  success: boolean
  expectation_config: Expectation
  result: {
    observed_value?: Json
    element_count?: number
    missing_count?: number
    missing_percent?: number
    unexpected_count?: number
    unexpected_percent?: number
    unexpected_percent_total?: number
    unexpected_percent_nonmissing?: number
    partial_unexpected_list?: Cell[]
  }
  exception_info: { raised_exception: boolean; exception_message: string | null }
  sentence: string
}

export interface Verdict {
  success: boolean
  results: ExpectationResult[]
  statistics: {
    evaluated_expectations: number
    successful_expectations: number
    unsuccessful_expectations: number
    success_percent: number | null
  }
  files: number
  rows: number
}

export interface DataFile {
  path: string
  sha256: string
  md5: string
  sizeBytes: number
}

export interface ColumnProfile {
  name: string
  type: FrameColumn['type']
  rows: number
  nulls: number
  distinct: number
  minimum: Cell
  maximum: Cell
  mean: number | null
  standardDeviation: number | null
  quantiles: { probability: number; value: number }[]
  /** counts[0]: up to edges[0]; counts[i]: above edges[i-1], up to edges[i]; the last: above all. */
  histogram: { edges: number[]; counts: number[] } | null
  top: { value: string | boolean; count: number }[]
  topComplete: boolean
}

export interface DataProfile {
  rows: number
  columns: ColumnProfile[]
  unread: { path: string; reason: string }[]
}

export interface SchemaChange {
  column: string
  change: 'added' | 'removed' | 'retyped'
  from: string | null
  to: string | null
  breaking: boolean
}

export interface ColumnChange {
  name: string
  distance: number | null
  arrivedDistance: number | null
  nullRate: number
  nullRateBefore: number
  arrivedNullRate: number | null
  mean: number | null
  meanBefore: number | null
  arrivedMean: number | null
}

export interface ChangeReport {
  from: number | null
  to: number
  files: {
    added: number
    removed: number
    modified: number
    unchanged: number
    changes: { path: string; change: 'added' | 'removed' | 'modified'; sizeBytes: number }[]
  }
  bytesNew: number
  rows: number | null
  rowsBefore: number | null
  rowsArrived: number | null
  schema: SchemaChange[]
  columns: ColumnChange[]
  sentence: string
}

export interface Dataset {
  name: string
  description: string
  path: string | null
  timestamp: string | null
  knownAt: string | null
  expectations: Expectation[]
  latestVersion: number | null
  versions: number
  quarantined: number
  createdAt: number
  updatedAt: number
}

/** `expired`: its files were given up; what it was is still known. */
export type VersionState = 'committed' | 'quarantined' | 'expired'

export interface DataVersion {
  dataset: string
  version: number
  state: VersionState
  latest: boolean
  digest: string
  dvcDigest: string
  parent: number | null
  message: string
  author: string
  gitCommit: string | null
  files: number
  sizeBytes: number
  rows: number | null
  summary: string
  expectationsMet: number
  expectationsFailed: number
  released: { reason: string; by: string; at: number } | null
  createdAt: number
}

export interface DataVersionDetail extends DataVersion {
  schema: FrameColumn[]
  profile: DataProfile
  changes: ChangeReport
  verdict: Verdict | null
}

export function datasetFromRow(row: DatasetRow, quarantined: number): Dataset {
  return {
    name: row.name,
    description: row.description,
    path: row.path,
    timestamp: row.timestamp_column,
    knownAt: row.known_at_column,
    expectations: parseStored<Expectation[]>(row.expectations),
    latestVersion: row.latest_version,
    versions: row.last_version,
    quarantined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

export function versionFromRow(row: VersionSummaryRow, latest: number | null): DataVersion {
  return {
    dataset: row.dataset,
    version: row.version,
    state: row.state as VersionState,
    latest: row.version === latest,
    digest: row.digest,
    dvcDigest: row.dvc_digest,
    parent: row.parent,
    message: row.message,
    author: row.author,
    gitCommit: row.git_commit,
    files: row.files,
    sizeBytes: row.size_bytes,
    rows: row.rows,
    summary: row.summary,
    expectationsMet: row.expectations_met,
    expectationsFailed: row.expectations_failed,
    released: row.released === null ? null : parseStored(row.released),
    createdAt: row.created_at,
  }
}

export function versionDetailFromRow(
  row: VersionDetailRow,
  latest: number | null,
): DataVersionDetail {
  return {
    ...versionFromRow(row, latest),
    schema: parseStored(row.schema_columns),
    profile: parseStored(row.profile),
    changes: parseStored(row.changes),
    verdict: row.verdict === null ? null : parseStored(row.verdict),
  }
}

/** The row of a data set. Errors: `not_found`, with what there is instead. */
export async function findDataset(
  db: ReturnType<typeof readData>,
  project: string,
  name: string,
): Promise<DatasetRow> {
  const row = await db
    .selectFrom('datasets')
    .select(datasetColumns)
    .where('project', '=', project)
    .where('name', '=', checkName('data set', name))
    .executeTakeFirst()
  if (row !== undefined) return row
  const known = await db
    .selectFrom('datasets')
    .select('name')
    .where('project', '=', project)
    .orderBy('name')
    .limit(20)
    .execute()
  throw notFound('data set', name, hintOf(known, project))
}

function hintOf(known: readonly { name: string }[], project: string): string {
  return known.length === 0
    ? `Project "${project}" has none yet: commit files with gyre data commit, or declare it in gyre.yaml.`
    : `Project "${project}" has: ${known.map((row) => row.name).join(', ')}.`
}

/** How many versions of each data set are in quarantine. */
export async function countQuarantined(
  ctx: Context,
  project: string,
): Promise<Map<string, number>> {
  const rows = await ctx.tables
    .read<DataTables>()
    .selectFrom('data_versions')
    .select((eb) => ['dataset', eb.fn.countAll<number>().as('count')])
    .where('project', '=', project)
    .where('state', '=', 'quarantined')
    .groupBy('dataset')
    .execute()
  return new Map(rows.map((row) => [row.dataset, Number(row.count)]))
}
