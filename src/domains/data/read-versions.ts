import { GyreError, invalid, notFound } from '#kernel/errors'
import type { FrameColumn } from '#ports/frames/frames'
import { authorize, type Context } from '#domains/access/index'
import {
  type DataFile,
  type DataVersion,
  type DataVersionDetail,
  findDataset,
  versionDetailFromRow,
  versionFromRow,
  type VersionState,
} from './dataset.ts'
import { readFileList } from './file-list.ts'
import { type DatasetRow, readData, versionColumns, versionDetailColumns } from './store.ts'

export interface VersionReference {
  project: string
  dataset: string
  /** A number, or `latest`. */
  version: string
}

/** Versions, newest first, quarantined ones among them. */
export async function listVersions(
  ctx: Context,
  input: {
    project: string
    dataset: string
    state?: VersionState | undefined
    limit: number
    pageToken?: string | undefined
  },
): Promise<{ items: DataVersion[]; nextPageToken?: string }> {
  authorize(ctx, 'viewer', input.project)
  const db = readData(ctx)
  const dataset = await findDataset(db, input.project, input.dataset)
  const before = numberOf(input.pageToken)
  const rows = await db
    .selectFrom('data_versions')
    .select(versionColumns)
    .where('project', '=', input.project)
    .where('dataset', '=', dataset.name)
    .$if(input.state !== undefined, (q) => q.where('state', '=', input.state as string))
    .$if(before !== undefined, (q) => q.where('version', '<', before as number))
    .orderBy('version', 'desc')
    .limit(input.limit + 1)
    .execute()
  const items = rows.slice(0, input.limit).map((row) => versionFromRow(row, dataset.latest_version))
  const last = items.at(-1)
  return rows.length > input.limit && last !== undefined
    ? { items, nextPageToken: String(last.version) }
    : { items }
}

function numberOf(token: string | undefined): number | undefined {
  if (token === undefined || token === '') return undefined
  if (/^\d{1,12}$/.test(token)) return Number(token)
  throw invalid('The page token is not one that was given. Ask for the first page again.')
}

/** A version with all that its commit said. Errors: `not_found`. */
export async function getVersion(
  ctx: Context,
  input: VersionReference,
): Promise<DataVersionDetail> {
  authorize(ctx, 'viewer', input.project)
  const dataset = await findDataset(readData(ctx), input.project, input.dataset)
  return readVersion(ctx, dataset, input.version)
}

/** The newest committed version, or undefined when there is none. Errors: `not_found` (data set). */
export async function latestVersion(
  ctx: Context,
  input: { project: string; dataset: string },
): Promise<DataVersion | undefined> {
  authorize(ctx, 'viewer', input.project)
  const dataset = await findDataset(readData(ctx), input.project, input.dataset)
  if (dataset.latest_version === null) return undefined
  return readVersion(ctx, dataset, 'latest')
}

export async function readVersion(
  ctx: Context,
  dataset: DatasetRow,
  version: string,
): Promise<DataVersionDetail> {
  const number = versionNumber(dataset, version)
  const row = await readData(ctx)
    .selectFrom('data_versions')
    .select(versionDetailColumns)
    .where('project', '=', dataset.project)
    .where('dataset', '=', dataset.name)
    .where('version', '=', number)
    .executeTakeFirst()
  if (row !== undefined) return versionDetailFromRow(row, dataset.latest_version)
  throw notFound('version', `${dataset.name}@${number}`, `The newest is ${dataset.last_version}.`)
}

/** What a version was is known for ever, its files are not. Errors: `conflict`. */
export function refuseExpired({ state, dataset, version }: DataVersion): void {
  if (state !== 'expired') return
  throw new GyreError({
    code: 'conflict',
    public: `The files of ${dataset}@${version} were given up by the retention rule of the data set.`,
  })
}

function versionNumber(dataset: DatasetRow, version: string): number {
  if (version === 'latest') {
    if (dataset.latest_version !== null) return dataset.latest_version
    throw notFound('version', `${dataset.name}@latest`, 'Nothing was committed to it yet.')
  }
  if (/^[1-9]\d{0,11}$/.test(version)) return Number(version)
  throw invalid(
    `${JSON.stringify(version.slice(0, 50))} is not a version: write a number or "latest".`,
  )
}

/** A committed version with its files, to be read by other rooms. */
export interface OpenedVersion {
  dataset: string
  version: number
  timestamp: string | null
  knownAt: string | null
  schema: FrameColumn[]
  files: DataFile[]
  rows: number | null
  /** Highest value of each column of time, milliseconds. */
  newest: Record<string, number>
}

/**
 * Opens a version for use. Errors: `not_found`; `conflict` for one in quarantine, which nobody may
 * use until it is released.
 */
export async function openVersion(
  ctx: Context,
  input: { project: string; dataset: string; version?: number | undefined },
): Promise<OpenedVersion> {
  authorize(ctx, 'viewer', input.project)
  const dataset = await findDataset(readData(ctx), input.project, input.dataset)
  const version = await readVersion(ctx, dataset, String(input.version ?? 'latest'))
  refuseExpired(version)
  if (version.state === 'quarantined') {
    throw new GyreError({
      code: 'conflict',
      public: `Version ${version.version} of data set "${dataset.name}" is in quarantine. Use another, or let an operator release it.`,
    })
  }
  const newest: Record<string, number> = {}
  for (const { name, type, maximum } of version.profile.columns) {
    if (type === 'timestamp' && typeof maximum === 'number') newest[name] = maximum
  }
  return {
    dataset: dataset.name,
    version: version.version,
    timestamp: dataset.timestamp_column,
    knownAt: dataset.known_at_column,
    schema: version.schema,
    files: await readFileList(ctx, version.digest),
    rows: version.rows,
    newest,
  }
}
