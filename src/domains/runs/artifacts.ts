import { notFound } from '#kernel/errors'
import { checkRelativePath } from '#kernel/names'
import { type Subject, subject } from '#kernel/subjects'
import type { PutOptions } from '#ports/blobs/blobs'
import type { Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { findFile, listDirectory, placeFile, removeTree } from './artifact-tree.ts'
import { authorizePath, type TreePlace } from './authorize-path.ts'
import type { ArtifactEntry } from './run.ts'
import { readRuns, type RunsTables, type RunsTransaction } from './store.ts'

/** `path` is from the root of the project's tree, `/` between parts. */
export interface NewFile extends TreePlace {
  content: AsyncIterable<Uint8Array> | Uint8Array
  sha256?: string | undefined
  signal?: AbortSignal | undefined
}

/**
 * Stores a file in the project's tree; the same path again replaces it. The content goes straight to
 * the blob store; it is seen once all of it is durable. `check` may refuse inside the transaction.
 * Errors: `invalid` (bad path, a file where a directory is, content that is not what `sha256` says).
 */
export async function putFile(
  ctx: Context,
  input: NewFile,
  check?: (db: RunsTransaction) => Promise<void>,
): Promise<{ sha256: string; sizeBytes: number }> {
  const path = checkRelativePath(input.path)
  await authorizePath(ctx, 'editor', { ...input, path })
  const options: PutOptions = {}
  if (input.sha256 !== undefined) options.expect = { sha256: input.sha256 }
  if (input.signal !== undefined) options.signal = input.signal
  const { sha256, sizeBytes } = await ctx.blobs.put(input.content, options)
  await commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    await check?.(db)
    const file = { sha256, size_bytes: sizeBytes, created_at: ctx.clock() }
    await placeFile(db, { project: input.project, path, ...file })
    change.record({
      verb: 'artifact.stored',
      subject: ownerOf(input.project, path),
      project: input.project,
      outputs: [subject('blob', sha256)],
      detail: { path, sizeBytes },
    })
  })
  ctx.pulse(ownerOf(input.project, path))
  return { sha256, sizeBytes }
}

/** What is directly in a directory of the tree, directories first; nothing in one that is not there. */
export async function listFiles(
  ctx: Context,
  input: TreePlace,
): Promise<{ items: ArtifactEntry[] }> {
  const path = input.path === '' ? '' : checkRelativePath(input.path)
  await authorizePath(ctx, 'viewer', { ...input, path })
  const { directories, files } = await listDirectory(readRuns(ctx), input.project, path)
  return {
    items: [
      ...directories.map((directory) => ({
        path: directory,
        isDirectory: true,
        sizeBytes: null,
        sha256: null,
      })),
      ...files.map((file) => ({
        path: file.path,
        isDirectory: false,
        sizeBytes: file.size_bytes,
        sha256: file.sha256,
      })),
    ],
  }
}

/** A file's content, or bytes [start, end) of it. Errors: `not_found`. */
export async function getFile(
  ctx: Context,
  input: TreePlace,
): Promise<{ sha256: string; sizeBytes: number; content: AsyncIterable<Uint8Array> }> {
  const path = checkRelativePath(input.path)
  await authorizePath(ctx, 'viewer', { ...input, path })
  const row = await findFile(readRuns(ctx), input.project, path)
  if (row === undefined) throw notFound('artifact', path, 'There is no file there.')
  return { sha256: row.sha256, sizeBytes: row.size_bytes, content: ctx.blobs.read(row.sha256) }
}

/**
 * Removes a file, or a directory with everything in it, from the tree; the bytes stay until they are
 * collected. Errors: `not_found` when nothing is there.
 */
export async function deleteFiles(
  ctx: Context,
  input: { project: string; path: string },
): Promise<{ removed: number }> {
  const path = checkRelativePath(input.path)
  await authorizePath(ctx, 'editor', { ...input, path }, 'operator')
  return commit(ctx, async (change) => {
    const removed = await removeTree(change.sql<RunsTables>(), input.project, path)
    if (removed === 0) throw notFound('artifact', path, 'Nothing is there.')
    change.record({
      verb: 'artifact.deleted',
      subject: ownerOf(input.project, path),
      project: input.project,
      detail: { path, files: removed },
    })
    return { removed }
  })
}

/** Whose file it is: the tree has `<experiment>/<run>/artifacts/…`, and what else clients put there. */
function ownerOf(project: string, path: string): Subject {
  const [experiment = '', run = '', folder] = path.split('/')
  if (folder === 'artifacts' && /^[0-9a-f]{32}$/.test(run)) return subject('run', run)
  return /^\d{1,15}$/.test(experiment)
    ? subject('experiment', experiment)
    : subject('project', project)
}
