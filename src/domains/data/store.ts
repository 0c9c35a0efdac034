import type { Context } from '#domains/access/index'

export interface DatasetRow {
  project: string
  name: string
  description: string
  path: string | null
  timestamp_column: string | null
  known_at_column: string | null
  expectations: string
  /** The newest committed version. */
  latest_version: number | null
  /** Numbers given so far; quarantined versions have one, too. */
  last_version: number
  created_at: number
  updated_at: number
}

export interface DataVersionRow {
  project: string
  dataset: string
  version: number
  state: string
  /** Also names the blob that holds the list of files. */
  digest: string
  dvc_digest: string
  parent: number | null
  message: string
  author: string
  git_commit: string | null
  files: number
  size_bytes: number
  rows: number | null
  summary: string
  schema_columns: string
  profile: string
  changes: string
  verdict: string | null
  /** Of the expectations that the verdict is of. */
  expectations_digest: string
  expectations_met: number
  expectations_failed: number
  released: string | null
  created_at: number
}

/** What was uploaded to a project: knowing a digest is no right to what it names elsewhere. */
export interface DataBlobRow {
  project: string
  sha256: string
  md5: string
  size_bytes: number
  created_at: number
}

/** What was measured of a file's content; can be measured again. */
export interface FileProfileRow {
  sha256: string
  edges_digest: string
  profile: string
}

/** A DVC remote, by the name in its address. */
export interface DvcRemoteRow {
  repo: string
  project: string
  /** How often objects were removed; a manifest that was found whole before is looked at again. */
  removals: number
  created_at: number
}

/** What a remote holds under a path. */
export interface DvcObjectRow {
  repo: string
  path: string
  sha256: string
  md5: string
  size_bytes: number
  /** Of a manifest: its members that are not there. It is seen when there are none. */
  missing: number
  /** Of a manifest: the remote's removals when its members were last looked for. */
  checked: number
  created_at: number
}

/** A manifest that waits for a member. Both are paths. */
export interface DvcWaitingRow {
  repo: string
  member: string
  directory: string
}

/** What went wrong at a remote, which `dvc` itself tells of as missing files. */
export interface DvcProblemRow {
  repo: string
  kind: string
  /** Address and program of who asked. */
  client: string
  message: string
  count: number
  first_at: number
  last_at: number
}

/** One visit of a client at a remote: its requests, until it is silent for a while. */
export interface DvcVisitRow {
  id: string
  repo: string
  /** Who it was signed in as. */
  who: string
  /** Its address and program. */
  client: string
  first_at: number
  last_at: number
  /** Objects that it asked for without wanting their bytes. */
  asked: number
  pushed_objects: number
  pushed_bytes: number
  pulled_objects: number
  pulled_bytes: number
  failures: number
  last_failure: string | null
}

/** A reason for which nothing of a data set, or of one version, may go. */
export interface DataHoldRow {
  id: string
  project: string
  dataset: string
  version: number | null
  reason: string
  created_by: string
  created_at: number
  released_by: string | null
  released_at: number | null
}

export interface DataRetentionRow {
  project: string
  dataset: string
  keep_versions: number | null
  keep_days: number | null
}

export interface DataTables {
  data_holds: DataHoldRow
  data_retention: DataRetentionRow
  dvc_remotes: DvcRemoteRow
  dvc_objects: DvcObjectRow
  dvc_waiting: DvcWaitingRow
  dvc_problems: DvcProblemRow
  dvc_visits: DvcVisitRow
  datasets: DatasetRow
  data_versions: DataVersionRow
  data_blobs: DataBlobRow
  data_file_profiles: FileProfileRow
}

export const datasetColumns = [
  'project',
  'name',
  'description',
  'path',
  'timestamp_column',
  'known_at_column',
  'expectations',
  'latest_version',
  'last_version',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof DatasetRow)[]

/** Without the long texts, for lists. */
export const versionColumns = [
  'project',
  'dataset',
  'version',
  'state',
  'digest',
  'dvc_digest',
  'parent',
  'message',
  'author',
  'git_commit',
  'files',
  'size_bytes',
  'rows',
  'summary',
  'expectations_digest',
  'expectations_met',
  'expectations_failed',
  'released',
  'created_at',
] as const satisfies readonly (keyof DataVersionRow)[]

export const versionDetailColumns = [
  ...versionColumns,
  'schema_columns',
  'profile',
  'changes',
  'verdict',
] as const satisfies readonly (keyof DataVersionRow)[]

export type VersionSummaryRow = Pick<DataVersionRow, (typeof versionColumns)[number]>
export type VersionDetailRow = Pick<DataVersionRow, (typeof versionDetailColumns)[number]>

export function readData(ctx: Context) {
  return ctx.tables.read<DataTables>()
}
