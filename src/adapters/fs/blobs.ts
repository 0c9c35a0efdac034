import { createHash } from 'node:crypto'
import {
  closeSync,
  fsync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { open, readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { GyreError, invalid, notFound } from '#kernel/errors'
import type { BlobDigest, Blobs, BlobStat, PutOptions } from '#ports/blobs/blobs'
import { checkExpected, checkSize } from '#ports/blobs/refusals'
import { statOf, takeIn, writeAll } from './blob-intake.ts'
import { type BlobPaths, layOutBlobs } from './blob-paths.ts'
import { DirectorySync } from './directory-sync.ts'
import { fromSystemError, systemCode } from '#ports/objects/system-errors'

const readBytes = 1 << 18
const sync = promisify(fsync)

/**
 * Blobs in a directory of this machine, laid out as `blob-paths.ts` says. Opening removes
 * what crashed writers left. Throws `unavailable` when the directory cannot be written.
 *
 * Calls that only touch names are synchronous: each takes microseconds, a trip to the thread pool more.
 */
export async function openFsBlobs(directory: string): Promise<Blobs> {
  const paths = await translated(() => layOutBlobs(directory))
  const directories = new DirectorySync()
  return {
    put: (content, options) => translated(() => put(paths, directories, content, options ?? {})),
    has: (sha256) => translated(async () => sizeOf(paths, sha256) !== undefined),
    stat: (sha256) => translated(() => statBlob(paths, sha256)),
    read: (sha256, range) => read(paths, sha256, range),
    readAll: (sha256) => found(sha256, () => readFile(paths.blob(sha256))),
    readEach: (digests) => readEach(paths, digests),
    localPath: (sha256) =>
      translated(async () => {
        if (sizeOf(paths, sha256) === undefined) throw notFound('blob', sha256)
        return paths.blob(sha256)
      }),
    delete: (sha256) =>
      translated(async () => {
        rmSync(paths.blob(sha256), { force: true })
        rmSync(paths.md5Link(sha256), { force: true })
      }),
    list: () => list(paths),
  }
}

async function put(
  paths: BlobPaths,
  directories: DirectorySync,
  content: AsyncIterable<Uint8Array> | Uint8Array,
  options: PutOptions,
): Promise<BlobStat> {
  if (content instanceof Uint8Array) checkSize(content.byteLength, options)
  const incoming = paths.incoming()
  let file: number | undefined
  let stored = false
  const openFile = () => (file = openSync(incoming, 'wx', 0o444))
  try {
    const taken =
      content instanceof Uint8Array
        ? { stat: statOf(content), content }
        : await takeIn(content, options, openFile)
    checkExpected(taken.stat, options)
    if (sizeOf(paths, taken.stat.sha256) !== undefined) return taken.stat
    const open = file ?? openFile()
    if (taken.content !== undefined) await writeAll(open, taken.content)
    await sync(open)
    linkMd5(paths, taken.stat.sha256, taken.stat.md5)
    renameSync(incoming, paths.blob(taken.stat.sha256))
    stored = true
    await directories.sync(paths.shard(taken.stat.sha256))
    return taken.stat
  } finally {
    if (file !== undefined) closeSync(file)
    if (file !== undefined && !stored) rmSync(incoming, { force: true })
  }
}

function linkMd5(paths: BlobPaths, sha256: BlobDigest, md5: string): void {
  try {
    symlinkSync(md5, paths.md5Link(sha256))
  } catch (thrown) {
    if (systemCode(thrown) !== 'EEXIST') throw thrown
  }
}

function sizeOf(paths: BlobPaths, sha256: BlobDigest): number | undefined {
  return statSync(paths.blob(sha256), { throwIfNoEntry: false })?.size
}

async function statBlob(paths: BlobPaths, sha256: BlobDigest): Promise<BlobStat | undefined> {
  const sizeBytes = sizeOf(paths, sha256)
  if (sizeBytes === undefined) return undefined
  try {
    return { sha256, sizeBytes, md5: readlinkSync(paths.md5Link(sha256)) }
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw thrown
  }
  // Copied here by a tool that drops links.
  const md5 = createHash('md5')
  for await (const chunk of read(paths, sha256)) md5.update(chunk)
  const digest = md5.digest('hex')
  linkMd5(paths, sha256, digest)
  return { sha256, sizeBytes, md5: digest }
}

async function* read(
  paths: BlobPaths,
  sha256: BlobDigest,
  range: { start: number; end?: number } = { start: 0 },
): AsyncGenerator<Uint8Array> {
  const { start, end = Infinity } = range
  if (!Number.isSafeInteger(start) || start < 0 || end < start) {
    throw invalid(`The range ${start} to ${end} is not valid. Give 0 ≤ start ≤ end, in bytes.`)
  }
  const file = await found(sha256, () => open(paths.blob(sha256), 'r'))
  try {
    for (let at = start; at < end;) {
      const wanted = Math.min(readBytes, end - at)
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, at)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
      at += bytesRead
    }
  } finally {
    await file.close()
  }
}

const readsAtOnce = 16

async function* readEach(
  paths: BlobPaths,
  digests: readonly BlobDigest[],
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < digests.length; start += readsAtOnce) {
    const some = digests.slice(start, start + readsAtOnce)
    yield* await Promise.all(
      some.map((sha256) => found(sha256, () => readFile(paths.blob(sha256)))),
    )
  }
}

async function* list(paths: BlobPaths): AsyncGenerator<BlobDigest> {
  for (const shard of await translated(() => paths.shards())) {
    const prefix = shard.slice(-2)
    for (const name of (await readdir(shard)).sort()) {
      if (name.length === 62) yield prefix + name
    }
  }
}

async function found<T>(sha256: BlobDigest, work: () => Promise<T>): Promise<T> {
  try {
    return await translated(work)
  } catch (thrown) {
    throw systemCode(thrown) === 'ENOENT' ? notFound('blob', sha256) : thrown
  }
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw thrown instanceof GyreError ? thrown : fromSystemError(thrown)
  }
}
