import { GyreError, invalid, notFound } from '#kernel/errors'
import { checkRelativePath } from '#kernel/names'
import { subject } from '#kernel/subjects'
import type { PutOptions } from '#ports/blobs/blobs'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { findRun } from './read-run.ts'
import type { ArtifactEntry } from './run.ts'
import { readRuns, type RunsTables, type RunsTransaction } from './store.ts'

export interface NewArtifact {
  project: string
  run: string
  /** From the root of the run, `/` between parts. */
  path: string
  content: AsyncIterable<Uint8Array> | Uint8Array
  sha256?: string | undefined
  signal?: AbortSignal | undefined
}

/**
 * Stores an artifact; the same path again replaces it. Errors: `not_found`, `conflict` (deleted run),
 * `invalid` (bad path, a file where a directory is, content that is not what `sha256` says).
 */
export async function uploadArtifact(ctx: Context, input: NewArtifact): Promise<ArtifactEntry> {
  authorize(ctx, 'editor', input.project)
  const path = checkRelativePath(input.path)
  refuseDeleted(await findRun(readRuns(ctx), input.project, input.run))
  const options: PutOptions = {}
  if (input.sha256 !== undefined) options.expect = { sha256: input.sha256 }
  if (input.signal !== undefined) options.signal = input.signal
  const { sha256, sizeBytes } = await ctx.blobs.put(input.content, options)
  await commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    refuseDeleted(await findRun(db, input.project, input.run))
    await checkPlace(db, input.run, path)
    const row = { sha256, size_bytes: sizeBytes, created_at: ctx.clock() }
    await db
      .insertInto('run_artifacts')
      .values({ run_id: input.run, path, ...row })
      .onConflict((c) => c.columns(['run_id', 'path']).doUpdateSet(row))
      .execute()
    change.record({
      verb: 'artifact.stored',
      subject: subject('run', input.run),
      project: input.project,
      outputs: [subject('blob', sha256)],
      detail: { path, sizeBytes },
    })
  })
  ctx.pulse(subject('run', input.run))
  return { path, isDirectory: false, sizeBytes, sha256 }
}

function refuseDeleted(row: { id: string; state: string }): void {
  if (row.state === 'active') return
  throw new GyreError({
    code: 'conflict',
    public: `Run ${row.id} is deleted. Restore it before storing artifacts in it.`,
  })
}

/** A file cannot be where a directory is, nor under another file. */
async function checkPlace(db: RunsTransaction, run: string, path: string): Promise<void> {
  const parts = path.split('/')
  const above = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'))
  const inTheWay = await db
    .selectFrom('run_artifacts')
    .select('path')
    .where('run_id', '=', run)
    .where((eb) =>
      eb.or([
        eb.and([eb('path', '>=', `${path}/`), eb('path', '<', `${path}0`)]),
        ...(above.length === 0 ? [] : [eb('path', 'in', above)]),
      ]),
    )
    .executeTakeFirst()
  if (inTheWay === undefined) return
  throw invalid(
    `The artifact "${path}" cannot be stored: "${inTheWay.path}" is there, and a path is either a file or a directory.`,
  )
}

/** What is directly under a path of the run, directories first. Errors: `not_found` for the run. */
export async function listArtifacts(
  ctx: Context,
  input: { project: string; run: string; path: string },
): Promise<{ items: ArtifactEntry[] }> {
  authorize(ctx, 'viewer', input.project)
  const db = readRuns(ctx)
  await findRun(db, input.project, input.run)
  const prefix = input.path === '' ? '' : `${checkRelativePath(input.path)}/`
  const base = db
    .selectFrom('run_artifacts')
    .select(['path', 'sha256', 'size_bytes'])
    .where('run_id', '=', input.run)
  const rows = await (
    prefix === ''
      ? base
      : base.where('path', '>=', prefix).where('path', '<', `${prefix.slice(0, -1)}0`)
  )
    .orderBy('path')
    .execute()
  const directories = new Set<string>()
  const files: ArtifactEntry[] = []
  for (const row of rows) {
    const slash = row.path.indexOf('/', prefix.length)
    if (slash >= 0) directories.add(row.path.slice(0, slash))
    else files.push(fileEntry(row))
  }
  return { items: [...[...directories].map(directoryEntry), ...files] }
}

function directoryEntry(path: string): ArtifactEntry {
  return { path, isDirectory: true, sizeBytes: null, sha256: null }
}

function fileEntry(row: { path: string; sha256: string; size_bytes: number }): ArtifactEntry {
  return { path: row.path, isDirectory: false, sizeBytes: row.size_bytes, sha256: row.sha256 }
}

/** An artifact and its content. Errors: `not_found`. */
export async function downloadArtifact(
  ctx: Context,
  input: { project: string; run: string; path: string },
): Promise<{ sha256: string; sizeBytes: number; content: AsyncIterable<Uint8Array> }> {
  authorize(ctx, 'viewer', input.project)
  const db = readRuns(ctx)
  await findRun(db, input.project, input.run)
  const path = checkRelativePath(input.path)
  const row = await db
    .selectFrom('run_artifacts')
    .select(['sha256', 'size_bytes'])
    .where('run_id', '=', input.run)
    .where('path', '=', path)
    .executeTakeFirst()
  if (row === undefined) throw notFound('artifact', path, `Run ${input.run} has no file there.`)
  return { sha256: row.sha256, sizeBytes: row.size_bytes, content: ctx.blobs.read(row.sha256) }
}
