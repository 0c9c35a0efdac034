import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { parseDvcManifest } from '#kernel/dvc-manifest'
import { FileWorkers } from '../files/file-workers.ts'
import { inBatches } from '../files/in-batches.ts'
import { manifestOf, readContent } from '../files/read-content.ts'
import type { DvcRepository } from '../repository/dvc-repository.ts'
import { type Algorithm, wholeMode } from '../repository/object-cache.ts'
import { withRepositoryLock } from '../repository/repository-lock.ts'
import type { SelectedOutput } from '../repository/select-outputs.ts'
import { storeManifest } from '../repository/store-object.ts'
import { isDirectoryDigest } from '../repository/tracked-output.ts'
import type { Work } from './add-path.ts'
import { recordedEntries } from './status-of.ts'

export interface CacheCheck {
  /** Objects that were read and compared with their names. */
  objects: number
  sizeBytes: number
  /** Objects that are not what their names say. */
  bad: BadObject[]
  /** Objects that could be written to by accident and now cannot. */
  protectedAgain: number
  /** Objects that outputs need and the cache lacks, by output. */
  missing: { path: string; objects: number }[]
}

export interface BadObject {
  digest: string
  problem: string
  /** What was done: it lies in quarantine, and what it should be came back from the work tree. */
  repaired: boolean
}

const algorithms = ['md5', 'md5-dos2unix'] as const

/**
 * Reads every object of the cache and compares it with its name. With `repair` a bad one is set aside
 * in `files/gyre-quarantine`, and made anew where the work tree still has its content.
 */
export async function checkCache(
  repository: DvcRepository,
  selected: readonly SelectedOutput[],
  repair: boolean,
  work: Work,
): Promise<CacheCheck> {
  return withRepositoryLock(repository, async () => {
    const check: CacheCheck = { objects: 0, sizeBytes: 0, bad: [], protectedAgain: 0, missing: [] }
    for (const algorithm of algorithms) await checkObjects(repository, algorithm, check, work)
    if (repair) {
      for (const object of check.bad) quarantine(repository, object)
      await storeAgain(repository, selected, work)
      for (const object of check.bad) object.repaired = isBack(repository, object)
    }
    for (const { output } of selected) {
      const objects = missingOf(repository, output)
      if (objects > 0) check.missing.push({ path: output.path, objects })
    }
    return check
  })
}

async function checkObjects(
  repository: DvcRepository,
  algorithm: Algorithm,
  check: CacheCheck,
  { signal, onProgress }: Work,
): Promise<void> {
  const { cache } = repository
  const objects = [...cache.list(algorithm)]
  const files = objects.filter(({ digest }) => !isDirectoryDigest(digest))
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const workers = FileWorkers.open(files.length, total)
  let done = 0
  try {
    await inBatches(workers, {
      rows: files.map((_, row) => row),
      sizeOf: (row) => files[row]?.sizeBytes ?? 0,
      taskOf: (rows) => ({
        kind: 'verify',
        algorithm,
        places: rows.map((row) => cache.place(files[row]?.digest ?? '', algorithm)),
      }),
      signal,
      onResult(rows, { failures, bytes }) {
        for (const { index } of failures) {
          addBad(check, files[rows[index] ?? 0]?.digest ?? '', 'Its content is something else.')
        }
        done += rows.length
        check.sizeBytes += bytes
        onProgress?.(done, files.length, check.sizeBytes)
      },
    })
  } finally {
    await workers.close()
  }
  check.objects += objects.length
  for (const { digest } of objects) {
    if (isDirectoryDigest(digest)) checkManifest(repository, digest, algorithm, check)
    protect(cache.place(digest, algorithm), digest, check)
  }
}

function checkManifest(
  { cache }: DvcRepository,
  digest: string,
  algorithm: Algorithm,
  check: CacheCheck,
): void {
  const text = readFileSync(cache.place(digest, algorithm), 'utf8')
  if (`${createHash('md5').update(text).digest('hex')}.dir` !== digest) {
    return addBad(check, digest, 'This manifest is not what its name says.')
  }
  try {
    parseDvcManifest(text, `The manifest ${digest}`)
  } catch (thrown) {
    addBad(check, digest, (thrown as Error).message)
  }
}

function addBad(check: CacheCheck, digest: string, problem: string): void {
  check.bad.push({ digest, problem, repaired: false })
}

/** A whole object that anybody could write to is a damaged one tomorrow. */
function protect(place: string, digest: string, check: CacheCheck): void {
  if (check.bad.some((object) => object.digest === digest)) return
  const info = lstatSync(place, { throwIfNoEntry: false })
  if (info === undefined || (info.mode & 0o777) === wholeMode) return
  chmodSync(place, wholeMode)
  check.protectedAgain++
}

function quarantine({ cache }: DvcRepository, { digest }: BadObject): void {
  const directory = join(cache.directory, 'files', 'gyre-quarantine')
  mkdirSync(directory, { recursive: true })
  for (const algorithm of algorithms) {
    const place = cache.place(digest, algorithm)
    if (cache.has(digest, algorithm)) renameSync(place, join(directory, digest))
  }
}

/** Files of the work tree that are as recorded bring back the objects that are gone. */
async function storeAgain(
  repository: DvcRepository,
  selected: readonly SelectedOutput[],
  work: Work,
): Promise<void> {
  for (const { output } of selected) {
    const { path, algorithm, cached, cloud } = output
    if (!cached || cloud) continue
    const content = await readContent({ ...work, repository, path, algorithm, store: true })
    if (content?.scanned.kind === 'directory' && content.digest === output.digest) {
      await storeManifest(repository.cache, manifestOf(content.files), algorithm)
    }
  }
}

function isBack({ cache }: DvcRepository, { digest }: BadObject): boolean {
  return algorithms.some((algorithm) => cache.has(digest, algorithm))
}

function missingOf(repository: DvcRepository, output: SelectedOutput['output']): number {
  if (!output.cached || output.cloud || output.digest === undefined) return 0
  const entries = recordedEntries(repository, output)
  if (entries === undefined) return 1
  const digests = entries.map(({ md5 }) => md5)
  return repository.cache.missing(digests, output.algorithm).length
}
