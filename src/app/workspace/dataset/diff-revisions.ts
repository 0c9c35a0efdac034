import type { DvcRepository } from '../repository/dvc-repository.ts'
import { findOutputs } from '../repository/find-outputs.ts'
import { outputsAt, requireGit, resolveRevision } from '../repository/revisions.ts'
import type { TrackedOutput } from '../repository/tracked-output.ts'
import { readContent } from '../files/read-content.ts'
import type { Work } from './add-path.ts'
import { changesBetween, entriesOf, type FileChange, recordedEntries } from './status-of.ts'
import type { ManifestEntry } from '#kernel/dvc-manifest'

export interface OutputDiff {
  path: string
  change: 'added' | 'modified' | 'deleted'
  digests: [before: string | null, after: string | null]
  sizeBytes: [before: number | null, after: number | null]
  /** Files of a directory; undefined: a manifest is not in the cache. */
  files: FileChange[] | undefined
}

interface Side {
  digest: string | null
  sizeBytes: number | null
  entries: ManifestEntry[] | undefined
}

/**
 * What changed of tracked paths between two commits, or a commit and the work tree. Errors: `invalid`
 * outside of Git and for revisions that it does not know.
 */
export async function diffRevisions(
  repository: DvcRepository,
  from: string,
  to: string | undefined,
  work: Work,
): Promise<OutputDiff[]> {
  const git = requireGit(repository)
  const before = await outputsAt(repository, await resolveRevision(git, from))
  const after =
    to === undefined
      ? await findOutputs(repository)
      : await outputsAt(repository, await resolveRevision(git, to))
  const was = new Map(before.map((output) => [output.path, output]))
  const is = new Map(after.map((output) => [output.path, output]))
  const diffs: OutputDiff[] = []
  for (const path of [...new Set([...was.keys(), ...is.keys()])].sort()) {
    const old = sideOf(repository, was.get(path))
    const output = is.get(path)
    const now =
      to === undefined && output !== undefined
        ? await sideOfWorkTree(repository, output, work)
        : sideOf(repository, output)
    if (old.digest !== now.digest) diffs.push(diffOf(path, old, now))
  }
  return diffs
}

function sideOf(repository: DvcRepository, output: TrackedOutput | undefined): Side {
  if (output?.digest === undefined) return { digest: null, sizeBytes: null, entries: [] }
  const { digest, sizeBytes = null } = output
  return { digest, sizeBytes, entries: recordedEntries(repository, output) }
}

async function sideOfWorkTree(
  repository: DvcRepository,
  { path, algorithm }: TrackedOutput,
  work: Work,
): Promise<Side> {
  const content = await readContent({ ...work, repository, path, algorithm, store: false })
  if (content === undefined) return { digest: null, sizeBytes: null, entries: [] }
  const { digest, sizeBytes } = content
  return { digest, sizeBytes, entries: entriesOf(content) }
}

function diffOf(path: string, before: Side, after: Side): OutputDiff {
  const known = before.entries !== undefined && after.entries !== undefined
  const change = before.digest === null ? 'added' : after.digest === null ? 'deleted' : 'modified'
  const files = known ? changesBetween(before.entries ?? [], after.entries ?? []) : undefined
  return {
    path,
    change,
    digests: [before.digest, after.digest],
    sizeBytes: [before.sizeBytes, after.sizeBytes],
    // A single file has no files inside of it.
    files: files?.filter((file) => file.path !== ''),
  }
}
