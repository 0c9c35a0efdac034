import { GyreError } from '#kernel/errors'
import { checkRelativePath } from '#kernel/names'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { getFile, listFiles, putFile } from './artifacts.ts'
import { artifactDirectory } from './artifact-place.ts'
import { findRun } from './read-run.ts'
import type { ArtifactEntry } from './run.ts'
import { readRuns, type RunRow } from './store.ts'

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
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { run } = input
  const path = checkRelativePath(input.path)
  const row = refuseDeleted(await findRun(readRuns(ctx), reach, run))
  const place = `${artifactDirectory(row)}/${path}`
  const stored = await putFile(
    ctx,
    { ...input, path: place, experiment: row.experiment },
    async (db) => {
      refuseDeleted(await findRun(db, reach, run))
    },
  )
  return { path, isDirectory: false, ...stored }
}

/** Passes an active run. Errors: `conflict`. */
export function refuseDeleted(row: RunRow): RunRow {
  if (row.state === 'active') return row
  throw new GyreError({
    code: 'conflict',
    public: `The run ${row.id} must be in the 'active' state. Current state is deleted. Restore it first.`,
  })
}

/** What is directly under a path of the run, directories first. Errors: `not_found` for the run. */
export async function listArtifacts(
  ctx: Context,
  input: { project: string; run: string; path: string },
): Promise<{ items: ArtifactEntry[] }> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const { project, run } = input
  const row = await findRun(readRuns(ctx), reach, run)
  const root = artifactDirectory(row)
  const path = input.path === '' ? root : `${root}/${checkRelativePath(input.path)}`
  const { items } = await listFiles(ctx, { project, path, experiment: row.experiment })
  return { items: items.map((item) => ({ ...item, path: item.path.slice(root.length + 1) })) }
}

/** An artifact and its content. Errors: `not_found`. */
export async function downloadArtifact(
  ctx: Context,
  input: { project: string; run: string; path: string },
): Promise<{ sha256: string; sizeBytes: number; content: AsyncIterable<Uint8Array> }> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const { project, run } = input
  const row = await findRun(readRuns(ctx), reach, run)
  const path = `${artifactDirectory(row)}/${checkRelativePath(input.path)}`
  return getFile(ctx, { project, path, experiment: row.experiment })
}
