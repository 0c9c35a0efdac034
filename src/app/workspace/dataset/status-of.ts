import type { ManifestEntry } from '#kernel/dvc-manifest'
import type { FileTable } from '../files/file-table.ts'
import { type Content, readContent } from '../files/read-content.ts'
import type { DvcRepository } from '../repository/dvc-repository.ts'
import { isInParts, type SelectedOutput } from '../repository/select-outputs.ts'
import { isDirectoryDigest, type TrackedOutput } from '../repository/tracked-output.ts'
import type { Work } from './add-path.ts'

export interface FileChange {
  change: 'added' | 'modified' | 'deleted' | 'renamed'
  path: string
  /** Of a renamed file: what it was called. */
  from?: string
}

/** dvc's words. `new`: tracked, but nothing was recorded yet. */
export type OutputState = 'unchanged' | 'modified' | 'deleted' | 'new' | 'not in cache'

export interface OutputStatus {
  path: string
  file: string
  state: OutputState
  /** Of a directory whose manifest is here. */
  changes: FileChange[]
  /** Objects that the cache lacks. */
  missingObjects: number
}

/** How outputs stand to what was recorded of them; changes nothing, and needs no lock. */
export async function statusOf(
  repository: DvcRepository,
  selected: readonly SelectedOutput[],
  work: Work,
): Promise<OutputStatus[]> {
  const statuses: OutputStatus[] = []
  for (const each of selected) statuses.push(await statusOfOne(repository, each, work))
  return statuses
}

async function statusOfOne(
  repository: DvcRepository,
  { output, parts }: SelectedOutput,
  work: Work,
): Promise<OutputStatus> {
  const { path, file, algorithm, digest } = output
  const content = repository.ignore.ignores(path, true)
    ? undefined
    : await readContent({ ...work, repository, path, algorithm, store: false })
  // What is there is what was recorded: no need to read the manifest, which may be large.
  if (parts === undefined && content !== undefined && content.digest === digest) {
    const missingObjects = output.cached ? missingOfContent(repository, output, content) : 0
    const state = missingObjects > 0 ? 'not in cache' : 'unchanged'
    return { path, file, state, changes: [], missingObjects }
  }
  const recorded = recordedEntries(repository, output)?.filter((entry) =>
    isInParts(entry.path, parts),
  )
  const missingObjects = output.cached ? missingOf(repository, output, recorded) : 0
  const changes =
    content === undefined || recorded === undefined
      ? []
      : changesBetween(
          recorded,
          entriesOf(content).filter((entry) => isInParts(entry.path, parts)),
        )
  const isSame = parts !== undefined && recorded !== undefined && changes.length === 0
  const state = stateOf(output, content, isSame, missingObjects)
  return { path, file, state, changes: state === 'modified' ? changes : [], missingObjects }
}

function missingOfContent(
  { cache }: DvcRepository,
  { digest, algorithm }: TrackedOutput,
  { files }: Content,
): number {
  const hasManifest = digest === undefined || cache.has(digest, algorithm)
  return cache.missing(digestsOf(files), algorithm).length + (hasManifest ? 0 : 1)
}

function* digestsOf(files: FileTable): Generator<string> {
  for (let row = 0; row < files.length; row++) yield files.digest(row)
}

function stateOf(
  { digest, cached }: TrackedOutput,
  content: Content | undefined,
  isSame: boolean,
  missingObjects: number,
): OutputState {
  if (digest !== undefined && cached && missingObjects > 0) return 'not in cache'
  if (content === undefined) return 'deleted'
  if (digest === undefined) return 'new'
  return isSame ? 'unchanged' : 'modified'
}

/** The files that an output is to hold; '' is the path of a single one. Undefined: not known here. */
export function recordedEntries(
  repository: DvcRepository,
  { digest, algorithm }: Pick<TrackedOutput, 'digest' | 'algorithm'>,
): ManifestEntry[] | undefined {
  if (digest === undefined) return undefined
  if (!isDirectoryDigest(digest)) return [{ md5: digest, path: '' }]
  return repository.cache.has(digest, algorithm)
    ? repository.cache.manifest(digest, algorithm)
    : undefined
}

function missingOf(
  { cache }: DvcRepository,
  { digest, algorithm }: TrackedOutput,
  recorded: readonly ManifestEntry[] | undefined,
): number {
  if (digest === undefined) return 0
  if (recorded === undefined) return 1
  return cache.missing(
    recorded.map(({ md5 }) => md5),
    algorithm,
  ).length
}

export function entriesOf({ files }: Content): ManifestEntry[] {
  return files.paths.map((path, row) => ({ path, md5: files.digest(row) }))
}

/** What happened from one list of files to another; a file that only moved is one change. */
export function changesBetween(
  before: readonly ManifestEntry[],
  after: readonly ManifestEntry[],
): FileChange[] {
  const was = new Map(before.map(({ path, md5 }) => [path, md5]))
  const is = new Map(after.map(({ path, md5 }) => [path, md5]))
  const gone = new Map<string, string[]>()
  for (const [path, md5] of was) {
    if (!is.has(path)) gone.set(md5, [...(gone.get(md5) ?? []), path])
  }
  const changes: FileChange[] = []
  for (const [path, md5] of is) {
    const old = was.get(path)
    if (old === md5) continue
    if (old !== undefined) changes.push({ change: 'modified', path })
    else {
      const from = gone.get(md5)?.shift()
      changes.push(
        from === undefined ? { change: 'added', path } : { change: 'renamed', path, from },
      )
    }
  }
  for (const paths of gone.values()) {
    for (const path of paths) changes.push({ change: 'deleted', path })
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1))
}
