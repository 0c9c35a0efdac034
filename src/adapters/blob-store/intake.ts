import { closeSync, openSync, readSync, write } from 'node:fs'
import { promisify } from 'node:util'
import type { BlobStat, PutOptions } from '#ports/blobs/blobs'
import { abortable, checkSize } from '#ports/blobs/refusals'
import type { Objects } from '#ports/objects/objects'
import { fromSystemError } from '#ports/objects/system-errors'
import { statOf } from './digest.ts'
import type { Hashing, HashThread } from './hash-thread-client.ts'
import type { Chunk } from './hashing.ts'

/** What fits stays in memory, and is small. */
export const smallBytes = 64 * 1024
/** Written at once. What is larger than a few of these is hashed by another thread. */
const bufferBytes = 256 * 1024
const asideBytes = 1024 * 1024
const writeLater = promisify(write)

/** What was taken in: small content in memory, or a file of the spool and its chunks. */
export type Intake =
  | { kind: 'small'; stat: BlobStat; content: Uint8Array }
  | { kind: 'file'; stat: BlobStat; path: string; chunks: readonly Chunk[]; discard(): void }

type Content = AsyncIterable<Uint8Array> | Uint8Array

/**
 * Reads a stream once. Throws `too_large` and `unavailable` (aborted) as soon as it knows, and leaves
 * nothing then. Whoever gets a file discards it, or has it kept.
 */
export async function takeIn(
  content: Content,
  options: PutOptions,
  objects: Objects,
  hashes: HashThread,
): Promise<Intake> {
  if (content instanceof Uint8Array) {
    checkSize(content.byteLength, options)
    if (content.byteLength <= smallBytes) return { kind: 'small', stat: statOf(content), content }
  }
  const stream = content instanceof Uint8Array ? once(content) : abortable(content, options.signal)
  const taking = new Taking(objects, hashes)
  try {
    let sizeBytes = 0
    for await (const chunk of stream) {
      sizeBytes += chunk.byteLength
      checkSize(sizeBytes, options)
      await taking.add(chunk)
    }
    return await taking.finish()
  } catch (thrown) {
    await taking.abandon()
    throw fromSystemError(thrown)
  }
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

/** Content on its way in: a buffer, and a file as soon as there is more. */
class Taking {
  readonly #objects: Objects
  readonly #hashes: HashThread
  #buffer: Buffer = Buffer.allocUnsafe(smallBytes)
  #filled = 0
  #writtenBytes = 0
  #file: { number: number; path: string; discard(): void } | undefined
  #hashing: Hashing | undefined

  constructor(objects: Objects, hashes: HashThread) {
    this.#objects = objects
    this.#hashes = hashes
  }

  async add(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength;) {
      if (this.#filled === this.#buffer.byteLength) await this.#makeRoom()
      const part = chunk.subarray(at, at + this.#buffer.byteLength - this.#filled)
      this.#buffer.set(part, this.#filled)
      this.#filled += part.byteLength
      at += part.byteLength
    }
  }

  async #makeRoom(): Promise<void> {
    if (this.#buffer.byteLength === bufferBytes) return this.#flush()
    const larger = Buffer.allocUnsafe(bufferBytes)
    larger.set(this.#buffer)
    this.#buffer = larger
  }

  async #flush(): Promise<void> {
    const file = (this.#file ??= this.#open())
    for (let at = 0; at < this.#filled;) {
      const left = this.#filled - at
      at += (await writeLater(file.number, this.#buffer, at, left)).bytesWritten
    }
    this.#writtenBytes += this.#filled
    this.#filled = 0
    if (this.#writtenBytes <= asideBytes) return
    this.#hashing ??= this.#hashes.start(file.number)
    this.#hashing.upTo(this.#writtenBytes)
  }

  #open(): { number: number; path: string; discard(): void } {
    const { path, discard } = this.#objects.spool()
    return { number: openSync(path, 'wx+', 0o444), path, discard }
  }

  async finish(): Promise<Intake> {
    if (this.#file === undefined && this.#filled <= smallBytes) {
      const content = this.#buffer.subarray(0, this.#filled)
      return { kind: 'small', stat: statOf(content), content }
    }
    await this.#flush()
    const file = this.#file ?? this.#open()
    const { stat, chunks } =
      this.#hashing === undefined
        ? { stat: statOf(readWhole(file.number, this.#writtenBytes)), chunks: [] }
        : await this.#hashing.finish()
    closeSync(file.number)
    return { kind: 'file', stat, chunks, path: file.path, discard: file.discard }
  }

  async abandon(): Promise<void> {
    await this.#hashing?.abandon()
    if (this.#file === undefined) return
    closeSync(this.#file.number)
    this.#file.discard()
  }
}

function readWhole(file: number, sizeBytes: number): Uint8Array {
  const content = Buffer.allocUnsafe(sizeBytes)
  for (let at = 0; at < sizeBytes;) at += readSync(file, content, at, sizeBytes - at, at)
  return content
}
