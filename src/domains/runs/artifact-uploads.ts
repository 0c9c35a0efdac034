import { GyreError, invalid } from '#kernel/errors'
import { checkRelativePath } from '#kernel/names'
import { subject } from '#kernel/subjects'
import type { Context, Platform } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { putFile } from './artifacts.ts'
import { authorizePath } from './authorize-path.ts'
import { type ArtifactUploadRow, readRuns, type RunsReader, type RunsTables } from './store.ts'

const mostParts = 10_000
/** An upload that nobody completed for so long is forgotten. */
const keptMs = 7 * 24 * 3_600_000

const uploadColumns = [
  'id',
  'project',
  'path',
  'parts',
  'state',
  'secret_sha256',
  'created_at',
] as const satisfies readonly (keyof ArtifactUploadRow)[]

/**
 * Begins a file that arrives in parts. Whoever has the secret may send parts of it, in any order, any
 * of them again. Errors: `invalid`.
 */
export async function createUpload(
  ctx: Context,
  input: { project: string; path: string; parts: number },
): Promise<{ id: string; secret: string }> {
  const path = checkRelativePath(input.path)
  await authorizePath(ctx, 'editor', { ...input, path })
  const { project, parts } = input
  if (!Number.isInteger(parts) || parts < 1 || parts > mostParts) {
    throw invalid(`A file arrives in 1 to ${mostParts} parts, not in ${parts}.`)
  }
  const secret = ctx.newSecret()
  const row: ArtifactUploadRow = {
    id: ctx.newId(),
    project,
    path,
    parts,
    state: 'open',
    secret_sha256: ctx.digest(secret),
    created_at: ctx.clock(),
  }
  await commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    await forgetOld(db, row.created_at - keptMs)
    await db.insertInto('artifact_uploads').values(row).execute()
    change.record({
      verb: 'artifact.upload-started',
      subject: subject('project', project),
      project,
      detail: { path, parts },
    })
  })
  return { id: row.id, secret }
}

/** Takes one part. Errors: `not_found`, `unauthenticated` for a wrong secret, `conflict` once it is complete. */
export async function putPart(
  platform: Platform,
  input: {
    upload: string
    secret: string
    number: number
    content: AsyncIterable<Uint8Array> | Uint8Array
  },
): Promise<{ md5: string }> {
  const { number, upload, content } = input
  const row = await findUpload(readRuns(platform), upload)
  if (row.secret_sha256 !== platform.digest(input.secret)) {
    throw new GyreError({
      code: 'unauthenticated',
      public: 'The address of this part is not one that was given out. Begin the upload again.',
    })
  }
  checkPart(row, number)
  const { sha256, md5 } = await platform.blobs.put(content)
  await platform.tables.write<RunsTables, void>(async (db) => {
    checkPart(await findUpload(db, upload), number)
    await db
      .insertInto('artifact_parts')
      .values({ upload_id: upload, number, sha256, md5 })
      .onConflict((c) => c.columns(['upload_id', 'number']).doUpdateSet({ sha256, md5 }))
      .execute()
  })
  return { md5 }
}

function checkPart(row: ArtifactUploadRow, number: number): void {
  if (row.state !== 'open') {
    throw new GyreError({ code: 'conflict', public: `The upload ${row.id} is complete already.` })
  }
  if (Number.isInteger(number) && number >= 1 && number <= row.parts) return
  throw invalid(`The upload ${row.id} has the parts 1 to ${row.parts}, not ${number}.`)
}

/**
 * Makes the file of its parts. Again for one that is complete changes nothing, so a retry is
 * harmless. Errors: `not_found`, `invalid` for parts that are missing or are not what was sent.
 */
export async function completeUpload(
  ctx: Context,
  input: {
    project: string
    path: string
    upload: string
    /** md5 by number, of those that the caller names. */
    parts: ReadonlyMap<number, string>
  },
): Promise<void> {
  await authorizePath(ctx, 'editor', input)
  const row = await findOwn(readRuns(ctx), input)
  if (row.state === 'complete') return
  const parts = await readParts(ctx, row)
  checkParts(row, parts, input.parts)
  const digests = parts.map((part) => part.sha256)
  await putFile(ctx, { ...input, content: joined(ctx, digests) }, async (db) => {
    await db
      .updateTable('artifact_uploads')
      .set({ state: 'complete' })
      .where('id', '=', row.id)
      .execute()
    await db.deleteFrom('artifact_parts').where('upload_id', '=', row.id).execute()
  })
}

/** Forgets an upload with its parts. Errors: `not_found`. */
export async function abortUpload(
  ctx: Context,
  input: { project: string; path: string; upload: string },
): Promise<void> {
  await authorizePath(ctx, 'editor', input)
  await commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const row = await findOwn(db, input)
    await db.deleteFrom('artifact_parts').where('upload_id', '=', row.id).execute()
    await db.deleteFrom('artifact_uploads').where('id', '=', row.id).execute()
    change.record({
      verb: 'artifact.upload-aborted',
      subject: subject('project', row.project),
      project: row.project,
      detail: { path: row.path },
    })
  })
}

async function findUpload(db: RunsReader, id: string): Promise<ArtifactUploadRow> {
  const row = await db
    .selectFrom('artifact_uploads')
    .select(uploadColumns)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row !== undefined) return row
  throw new GyreError({
    code: 'not_found',
    public: `There is no upload "${id.slice(0, 100)}". It was aborted, or began too long ago.`,
  })
}

async function findOwn(
  db: RunsReader,
  { project, path, upload }: { project: string; path: string; upload: string },
): Promise<ArtifactUploadRow> {
  const row = await findUpload(db, upload)
  if (row.project === project && row.path === checkRelativePath(path)) return row
  throw new GyreError({
    code: 'not_found',
    public: `The upload "${upload}" is not one of "${path.slice(0, 200)}".`,
  })
}

function readParts(
  ctx: Context,
  { id }: ArtifactUploadRow,
): Promise<{ number: number; sha256: string; md5: string }[]> {
  return readRuns(ctx)
    .selectFrom('artifact_parts')
    .select(['number', 'sha256', 'md5'])
    .where('upload_id', '=', id)
    .orderBy('number')
    .execute()
}

function checkParts(
  row: ArtifactUploadRow,
  parts: readonly { number: number; md5: string }[],
  named: ReadonlyMap<number, string>,
): void {
  const known = new Map(parts.map((part) => [part.number, part.md5]))
  for (let number = 1; number <= row.parts; number++) {
    if (!known.has(number)) throw invalid(`Part ${number} of the upload ${row.id} is missing.`)
  }
  for (const [number, md5] of named) {
    if (known.get(number) === md5) continue
    throw invalid(`Part ${number} of the upload ${row.id} is not the one with the ETag ${md5}.`)
  }
}

async function* joined(ctx: Context, digests: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const sha256 of digests) yield* ctx.blobs.read(sha256)
}

async function forgetOld(db: RunsReader, before: number): Promise<void> {
  await db
    .deleteFrom('artifact_parts')
    .where('upload_id', 'in', (eb) =>
      eb.selectFrom('artifact_uploads').select('id').where('created_at', '<', before),
    )
    .execute()
  await db.deleteFrom('artifact_uploads').where('created_at', '<', before).execute()
}
