import { basename } from 'node:path'
import { asGyreError, GyreError } from '#kernel/errors'
import { FileWorkers } from '../files/file-workers.ts'
import { inBatches } from '../files/in-batches.ts'
import type { Remote } from '../remotes/remote.ts'
import type { DvcRepository } from '../repository/dvc-repository.ts'
import type { Algorithm } from '../repository/object-cache.ts'
import type { TrackedOutput } from '../repository/tracked-output.ts'
import { fetchOutputs } from './fetch-outputs.ts'
import { type HistoryEntry, historyOf } from './history-of.ts'
import { recordedEntries } from './status-of.ts'
import { type DatasetFile, uploadMissing, type UploadOptions } from './upload-missing.ts'

export interface ImportedVersion {
  dataset: string
  path: string
  commit: string
  subject: string
  /** Undefined when it could not be imported. */
  version: number | undefined
  /** `imported`; `known`: it was there; `refused` by expectations; `missing`: objects are nowhere. */
  state: 'imported' | 'known' | 'refused' | 'missing'
  reason: string
}

export interface HistoryImport extends UploadOptions {
  repository: DvcRepository
  /** Where objects come from that the cache lacks. */
  remote: Remote | undefined
  /** The data set of a path; undefined: it does not matter. */
  datasetOf(path: string): string | undefined
  onVersion(version: ImportedVersion): void
}

/**
 * Makes versions of what Git's history tracked, oldest first: each with its commit, its message and
 * author, on the version before it. What was imported before is not imported again; what cannot be had
 * is told and left out.
 */
export async function importHistory(request: HistoryImport): Promise<ImportedVersion[]> {
  const { repository, datasetOf } = request
  const history = await historyOf(repository, (path) => datasetOf(path) !== undefined)
  const known = new Map<string, Set<string>>()
  const sha256s = new Map<string, string>()
  const versions: ImportedVersion[] = []
  for (const entry of history) {
    for (const output of entry.outputs) {
      const dataset = datasetOf(output.path) ?? ''
      const commits = known.get(dataset) ?? (await commitsOfDataset(request, dataset, output.path))
      known.set(dataset, commits)
      const version = await importOne(request, entry, output, dataset, commits, sha256s)
      request.onVersion(version)
      versions.push(version)
    }
  }
  return versions
}

/** The commits that the data set has versions of; a data set that is not there is declared. */
async function commitsOfDataset(
  { client, project, signal }: HistoryImport,
  dataset: string,
  path: string,
): Promise<Set<string>> {
  const params = { project, dataset }
  const isThere = await client.data.getDataset({ params, signal }).then(
    () => true,
    (thrown: unknown) => {
      if (asGyreError(thrown).code === 'not_found') return false
      throw thrown
    },
  )
  if (!isThere) await client.data.declareDataset({ params, body: { path }, signal })
  const commits = new Set<string>()
  for (let pageToken: string | undefined; ;) {
    const query = { limit: 1000, ...(pageToken === undefined ? {} : { pageToken }) }
    const page = await client.data.listVersions({ params, query, signal })
    for (const { gitCommit } of page.items) if (gitCommit !== null) commits.add(gitCommit)
    pageToken = page.nextPageToken
    if (pageToken === undefined) return commits
  }
}

async function importOne(
  request: HistoryImport,
  { commit, subject, author }: HistoryEntry,
  output: TrackedOutput,
  dataset: string,
  commits: ReadonlySet<string>,
  sha256s: Map<string, string>,
): Promise<ImportedVersion> {
  const { client, project, repository, signal } = request
  const about = { dataset, path: output.path, commit, subject, version: undefined }
  if (commits.has(commit)) return { ...about, state: 'known', reason: 'It was imported before.' }
  try {
    await haveObjects(request, output)
    const files = await filesOf(request, output, sha256s)
    const objects = objectsByPath(repository, output)
    await uploadMissing(request, repository.cache, files, ({ path }) =>
      repository.cache.place(objects.get(path) ?? '', output.algorithm),
    )
    const body = { files, message: subject, author, gitCommit: commit }
    const { version } = await client.data.commitVersion({
      params: { project, dataset },
      body,
      signal,
    })
    return { ...about, version, state: 'imported', reason: '' }
  } catch (thrown) {
    const error = asGyreError(thrown)
    if (error.code === 'refused') return { ...about, state: 'refused', reason: error.public }
    if (error.code === 'not_found') return { ...about, state: 'missing', reason: error.public }
    throw thrown
  }
}

/** What the cache calls the files of an output. */
function objectsByPath(repository: DvcRepository, output: TrackedOutput): Map<string, string> {
  const entries = recordedEntries(repository, output) ?? []
  return new Map(entries.map(({ path, md5 }) => [path === '' ? basename(output.path) : path, md5]))
}

async function haveObjects(
  { repository, remote, signal }: HistoryImport,
  output: TrackedOutput,
): Promise<void> {
  const entries = recordedEntries(repository, output)
  const digests = (entries ?? []).map(({ md5 }) => md5)
  const lacking = repository.cache.missing(digests, output.algorithm)
  if (entries !== undefined && lacking.length === 0) return
  if (remote !== undefined) {
    await fetchOutputs(repository, [{ output, parts: undefined }], remote, { signal })
    return
  }
  throw new GyreError({
    code: 'not_found',
    public: `The cache lacks ${entries === undefined ? 'its manifest' : `${lacking.length} objects`}, and no remote is configured to get them from.`,
  })
}

/** The files of an output as the server wants to know them: dvc did not note their sha256. */
async function filesOf(
  request: HistoryImport,
  output: TrackedOutput,
  sha256s: Map<string, string>,
): Promise<DatasetFile[]> {
  const { repository } = request
  const { algorithm } = output
  const entries = recordedEntries(repository, output) ?? []
  const unknown = [...new Set(entries.map(({ md5 }) => md5))].filter((md5) => !sha256s.has(md5))
  await hashObjects(request, unknown, algorithm, sha256s)
  return entries.map(({ path, md5 }) => {
    const [sha256 = '', ownMd5 = ''] = (sha256s.get(md5) ?? '').split(' ')
    return {
      path: path === '' ? basename(output.path) : path,
      sha256,
      md5: ownMd5,
      sizeBytes: repository.cache.sizeOf(md5, algorithm) ?? 0,
    }
  })
}

/** Fills in sha256 and md5 of the bytes: the name of an object of DVC 2 is another md5. */
async function hashObjects(
  { repository, signal }: HistoryImport,
  digests: readonly string[],
  algorithm: Algorithm,
  sha256s: Map<string, string>,
): Promise<void> {
  const { cache } = repository
  const sizes = digests.map((digest) => cache.sizeOf(digest, algorithm) ?? 0)
  const workers = FileWorkers.open(
    digests.length,
    sizes.reduce((sum, size) => sum + size, 0),
  )
  try {
    await inBatches(workers, {
      rows: digests.map((_, row) => row),
      sizeOf: (row) => sizes[row] ?? 0,
      taskOf: (rows) => ({
        kind: 'hash',
        algorithm: 'md5',
        sha256: true,
        places: rows.map((row) => cache.place(digests[row] ?? '', algorithm)),
      }),
      signal,
      onResult(rows, result) {
        const sha256 = Buffer.from(result.sha256 ?? [])
        const md5 = Buffer.from(result.digests)
        rows.forEach((row, index) =>
          sha256s.set(
            digests[row] ?? '',
            `${sha256.toString('hex', index * 32, index * 32 + 32)} ${md5.toString('hex', index * 16, index * 16 + 16)}`,
          ),
        )
      },
    })
  } finally {
    await workers.close()
  }
}
