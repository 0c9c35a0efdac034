import { createHash, randomUUID } from 'node:crypto'
import { closeSync, fchmodSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ObjectTarget } from '../files/file-tasks.ts'
import { FileWorkers } from '../files/file-workers.ts'
import { objectPlace, writeWhole } from '../files/object-writer.ts'
import { TextNormaliser } from '../files/text-normaliser.ts'
import { partBytes } from '../files/read-parts.ts'
import { type ObjectCache, wholeMode } from '../repository/object-cache.ts'
import { cacheTarget } from '../repository/store-object.ts'
import { isDirectoryDigest } from '../repository/tracked-output.ts'
import type { LargeSink } from './object-records.ts'
import type { Transfer, TransferFailure } from './remote.ts'

/** What is collected before it is handed to a thread. */
const batchBytes = 4 << 20
const batchObjects = 500

/** Puts objects that arrive into the cache, each verified before it has its name. */
export class ObjectIntake {
  readonly failures: TransferFailure[] = []
  readonly #transfer: Transfer
  readonly #target: ObjectTarget
  readonly #workers: FileWorkers
  readonly #running = new Set<Promise<void>>()
  #digests: string[] = []
  #contents: Buffer[] = []
  #bytes = 0

  constructor(transfer: Transfer) {
    this.#transfer = transfer
    this.#target = cacheTarget(transfer.cache, transfer.algorithm)
    this.#workers = FileWorkers.open(transfer.digests.length, 0)
  }

  /** An object that is whole in memory. */
  async take(digest: string, content: Buffer): Promise<void> {
    if (isDirectoryDigest(digest)) return this.#takeManifest(digest, content)
    if (content.length >= partBytes) {
      const sink = this.large(digest)
      for (let at = 0; at < content.length; at += partBytes) {
        sink.write(content.subarray(at, at + partBytes))
      }
      return sink.end()
    }
    this.#digests.push(digest)
    this.#contents.push(content)
    this.#bytes += content.length
    if (this.#bytes < batchBytes && this.#digests.length < batchObjects) return
    this.#handOver()
    if (this.#running.size >= this.#workers.depth) await Promise.race(this.#running)
  }

  /** An object that comes in parts. */
  large(digest: string): LargeSink {
    const { drafts, objects, algorithm } = this.#target
    const draft = join(drafts, `${process.pid}-${randomUUID()}`)
    const file = openSync(draft, 'wx', 0o600)
    const md5 = createHash('md5')
    const normaliser = new TextNormaliser(isDirectoryDigest(digest) ? 'md5' : algorithm)
    const normalised = new PartsOfOneMegabyte(normaliser, (part) => md5.update(part))
    let sizeBytes = 0
    return {
      write: (part) => {
        writeWhole(file, part)
        normalised.add(part)
        sizeBytes += part.length
      },
      end: () => {
        normalised.end()
        const isRight = md5.digest('hex') === digest.slice(0, 32)
        if (isRight) fchmodSync(file, wholeMode)
        closeSync(file)
        if (isRight) {
          mkdirSync(dirname(objectPlace(objects, digest)), { recursive: true })
          renameSync(draft, objectPlace(objects, digest))
          this.#transfer.onObjects(1, sizeBytes)
        } else {
          rmSync(draft, { force: true })
          this.#changed(digest)
        }
      },
    }
  }

  /** Waits until everything that came is in the cache. */
  async finish(): Promise<void> {
    if (this.#digests.length > 0) this.#handOver()
    await Promise.all(this.#running)
  }

  async close(): Promise<void> {
    await this.#workers.close()
  }

  /** Manifests are compared with the md5 of their bytes, whatever the algorithm of their files. */
  #takeManifest(digest: string, content: Buffer): void {
    if (createHash('md5').update(content).digest('hex') !== digest.slice(0, 32)) {
      return this.#changed(digest)
    }
    const { objects, drafts } = this.#target
    const draft = join(drafts, `${process.pid}-${randomUUID()}`)
    const file = openSync(draft, 'w', 0o600)
    writeWhole(file, content)
    fchmodSync(file, wholeMode)
    closeSync(file)
    mkdirSync(dirname(objectPlace(objects, digest)), { recursive: true })
    renameSync(draft, objectPlace(objects, digest))
    this.#transfer.onObjects(1, content.length)
  }

  #handOver(): void {
    const digests = this.#digests
    const content = Buffer.concat(this.#contents, this.#bytes)
    let end = 0
    const ends = this.#contents.map((each) => (end += each.length))
    this.#digests = []
    this.#contents = []
    this.#bytes = 0
    const names = Buffer.from(digests.join(''), 'hex')
    const done = this.#workers
      .perform({ kind: 'keep', digests: names, content, ends, ...this.#target })
      .then(({ failures, bytes }) => {
        for (const { index } of failures) this.#changed(digests[index] ?? '')
        this.#transfer.onObjects(digests.length - failures.length, bytes)
      })
      .finally(() => this.#running.delete(done))
    this.#running.add(done)
    done.catch(() => undefined)
  }

  #changed(digest: string): void {
    this.failures.push({ digest, reason: 'changed', message: 'What arrived is something else.' })
  }
}

/** The objects of a transfer that are in the cache, with their sizes, and those that are not. */
export function sizesOf(
  cache: ObjectCache,
  { digests, algorithm }: Pick<Transfer, 'digests' | 'algorithm'>,
): { sizes: Map<string, number>; failures: TransferFailure[] } {
  const sizes = new Map<string, number>()
  const failures: TransferFailure[] = []
  for (const digest of digests) {
    const sizeBytes = cache.sizeOf(digest, algorithm)
    if (sizeBytes !== undefined) sizes.set(digest, sizeBytes)
    else failures.push({ digest, reason: 'missing', message: 'It is not in the cache here.' })
  }
  return { sizes, failures }
}

/** DVC 2 looked at files megabyte by megabyte, so what arrives otherwise is cut anew. */
class PartsOfOneMegabyte {
  readonly #normaliser: TextNormaliser
  readonly #each: (part: Uint8Array) => void
  readonly #held = Buffer.allocUnsafe(partBytes)
  #filled = 0

  constructor(normaliser: TextNormaliser, each: (part: Uint8Array) => void) {
    this.#normaliser = normaliser
    this.#each = each
  }

  add(part: Buffer): void {
    for (let at = 0; at < part.length;) {
      const taken = part.copy(this.#held, this.#filled, at, at + partBytes - this.#filled)
      at += taken
      this.#filled += taken
      if (this.#filled === partBytes) this.end()
    }
  }

  end(): void {
    if (this.#filled > 0)
      this.#each(this.#normaliser.normalise(this.#held.subarray(0, this.#filled)))
    this.#filled = 0
  }
}
