import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { lstat, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { GyreError } from '#kernel/errors'
import { copyFile, chmod, rename } from 'node:fs/promises'
import type { ObjectTarget } from '../files/file-tasks.ts'
import { FileWorkers } from '../files/file-workers.ts'
import { inBatches } from '../files/in-batches.ts'
import { type Algorithm, ObjectCache, wholeMode } from '../repository/object-cache.ts'
import { cacheTarget } from '../repository/store-object.ts'
import { isDirectoryDigest } from '../repository/tracked-output.ts'
import type { Remote, Transfer, TransferFailure } from './remote.ts'

/** A remote that is a directory: laid out as the cache is. Errors: `unavailable` when it is not there. */
export async function openDirectoryRemote(url: string): Promise<Remote> {
  const directory = url.replace(/^file:\/\//, '')
  const info = await stat(directory).catch(() => undefined)
  if (info !== undefined && !info.isDirectory()) {
    throw new GyreError({
      code: 'invalid',
      public: `The remote ${directory} is a file. Name a directory.`,
    })
  }
  return new DirectoryRemote(directory)
}

class DirectoryRemote implements Remote {
  readonly name: string
  readonly manifests = 'doubted'
  readonly #objects: ObjectCache

  constructor(directory: string) {
    this.name = directory
    this.#objects = new ObjectCache(directory, false)
  }

  async missing(digests: readonly string[], algorithm: Algorithm): Promise<string[]> {
    return this.#objects.missing(digests, algorithm)
  }

  async upload(transfer: Transfer): Promise<TransferFailure[]> {
    return move(transfer, transfer.cache, this.#objects)
  }

  async download(transfer: Transfer): Promise<TransferFailure[]> {
    return move(transfer, this.#objects, transfer.cache)
  }

  async *list(algorithm: Algorithm): AsyncGenerator<{ digest: string; sizeBytes: number }> {
    yield* this.#objects.list(algorithm)
  }

  async remove(digests: readonly string[], algorithm: Algorithm): Promise<void> {
    for (const digest of digests) {
      await rm(this.#objects.place(digest, algorithm), { force: true })
    }
  }
}

/** Files first, then the manifests that speak of them. */
async function move(
  transfer: Transfer,
  from: ObjectCache,
  to: ObjectCache,
): Promise<TransferFailure[]> {
  const target = cacheTarget(to, transfer.algorithm)
  const files = transfer.digests.filter((digest) => !isDirectoryDigest(digest))
  const failures = await moveFiles(transfer, files, from, target)
  for (const digest of transfer.digests.filter(isDirectoryDigest)) {
    const failure = await moveManifest(digest, transfer, from, to, target)
    if (failure !== undefined) failures.push(failure)
  }
  return failures
}

async function moveFiles(
  { algorithm, signal, onObjects }: Transfer,
  digests: readonly string[],
  from: ObjectCache,
  target: ObjectTarget,
): Promise<TransferFailure[]> {
  const failures: TransferFailure[] = []
  const places = digests.map((digest) => from.place(digest, algorithm))
  const workers = FileWorkers.open(digests.length, Number.POSITIVE_INFINITY)
  try {
    await inBatches(workers, {
      rows: digests.map((_, row) => row),
      sizeOf: () => 0,
      taskOf: (rows) => ({
        kind: 'store',
        named: true,
        sha256: false,
        places: rows.map((row) => places[row] ?? ''),
        ...target,
      }),
      signal,
      onResult(rows, result) {
        for (const { index, reason } of result.failures) {
          failures.push(failureOf(digests[rows[index] ?? 0] ?? '', reason, from))
        }
        onObjects(rows.length, result.bytes)
      },
    })
  } finally {
    await workers.close()
  }
  return failures
}

function failureOf(digest: string, reason: 'gone' | 'changed', from: ObjectCache): TransferFailure {
  return reason === 'gone'
    ? { digest, reason: 'missing', message: `It is not in ${from.directory}.` }
    : { digest, reason, message: `What ${from.directory} has of it is something else.` }
}

async function moveManifest(
  digest: string,
  { algorithm, onObjects }: Transfer,
  from: ObjectCache,
  to: ObjectCache,
  { drafts }: ObjectTarget,
): Promise<TransferFailure | undefined> {
  const place = from.place(digest, algorithm)
  const info = await lstat(place).catch(() => undefined)
  if (info === undefined) return failureOf(digest, 'gone', from)
  const draft = join(drafts, `${process.pid}-${randomUUID()}`)
  try {
    // Refuses what is no manifest: nobody could use it.
    from.manifest(digest, algorithm)
    await copyFile(place, draft)
    await chmod(draft, wholeMode)
    mkdirSync(join(to.place(digest, algorithm), '..'), { recursive: true })
    await rename(draft, to.place(digest, algorithm))
  } finally {
    await rm(draft, { force: true })
  }
  onObjects(1, info.size)
  return undefined
}
