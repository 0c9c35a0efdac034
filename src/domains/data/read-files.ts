import { invalid, notFound } from '#kernel/errors'
import { authorize, type Context } from '#domains/access/index'
import { type DataFile, findDataset } from './dataset.ts'
import { previewTable, type TablePreview } from './preview-table.ts'
import { rememberedList } from './remembered-list.ts'
import { readVersion, refuseExpired, type VersionReference } from './read-versions.ts'
import { readData } from './store.ts'

/** Files of a version, by path. Errors: `not_found`. */
export async function listFiles(
  ctx: Context,
  input: VersionReference & { limit: number; pageToken?: string | undefined },
): Promise<{ items: DataFile[]; nextPageToken?: string }> {
  authorize(ctx, 'viewer', input.project)
  const files = await filesOf(ctx, input)
  const start = offsetOf(input.pageToken)
  const items = files.slice(start, start + input.limit)
  const end = start + input.limit
  return end < files.length ? { items, nextPageToken: String(end) } : { items }
}

function offsetOf(token: string | undefined): number {
  if (token === undefined || token === '') return 0
  if (/^\d{1,12}$/.test(token)) return Number(token)
  throw invalid('The page token is not one that was given. Ask for the first page again.')
}

/** All files of a version, by path. Errors: `not_found`; `conflict` when they were given up. */
export async function filesOf(ctx: Context, input: VersionReference): Promise<readonly DataFile[]> {
  const dataset = await findDataset(readData(ctx), input.project, input.dataset)
  const version = await readVersion(ctx, dataset, input.version)
  refuseExpired(version)
  return rememberedList(ctx, version.digest)
}

/** One file and its bytes. Errors: `not_found`. */
export async function downloadFile(
  ctx: Context,
  input: VersionReference & { path: string },
): Promise<DataFile & { content: AsyncIterable<Uint8Array> }> {
  authorize(ctx, 'viewer', input.project)
  const file = await oneFile(ctx, input)
  return { ...file, content: ctx.blobs.read(file.sha256) }
}

/** One file of a version, for one who may read it. Errors: `not_found`. */
export async function oneFile(
  ctx: Context,
  input: VersionReference & { path: string },
): Promise<DataFile> {
  const file = (await filesOf(ctx, input)).find((candidate) => candidate.path === input.path)
  if (file !== undefined) return file
  throw notFound('file', input.path, `Version ${input.version} of "${input.dataset}" has others.`)
}

/**
 * The first rows of a version, or of one of its files, also of a quarantined one. Errors:
 * `not_found`, `invalid` when there is no table.
 */
export async function previewVersion(
  ctx: Context,
  input: VersionReference & { limit: number; path?: string | undefined },
): Promise<TablePreview> {
  authorize(ctx, 'viewer', input.project)
  const { path } = input
  const files =
    path === undefined ? await filesOf(ctx, input) : [await oneFile(ctx, { ...input, path })]
  return previewTable(ctx, files, input.limit)
}
