import { randomUUID } from 'node:crypto'
import { closeSync, fsync, openSync, readSync, write } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { syncDirectory } from './directory-sync.ts'

const writeLater = promisify(write)
const sync = promisify(fsync)

/** A pack that is larger is not appended to any more. */
const fullBytes = 64 * 1024 * 1024
/** Nor is one that was not appended to for so long: those who tidy up may take it for finished. */
const idleMs = 600_000
const openFiles = 16

interface OpenPack {
  name: string
  file: number
  sizeBytes: number
  writtenAt: number
}

/**
 * Files that only grow, of this process alone: bytes are written behind one another and are durable
 * before their place is told. What a crash leaves behind the last told place is never read.
 */
export class PackFile {
  readonly #directory: string
  #current: OpenPack | undefined
  #last: Promise<unknown> = Promise.resolve()
  readonly #reading = new Map<string, number>()

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Calls are done one after another. */
  append(bytes: Uint8Array): Promise<{ name: string; start: number }> {
    const done = this.#last.then(() => this.#append(bytes))
    this.#last = done.catch(() => undefined)
    return done
  }

  async #append(bytes: Uint8Array): Promise<{ name: string; start: number }> {
    const now = performance.now()
    if (this.#current !== undefined && now - this.#current.writtenAt > idleMs) this.#leave()
    const pack = this.#current ?? (await this.#create())
    pack.writtenAt = now
    const start = pack.sizeBytes
    try {
      for (let at = 0; at < bytes.byteLength;) {
        at += (await writeLater(pack.file, bytes, at, bytes.byteLength - at, start + at))
          .bytesWritten
      }
      await sync(pack.file)
    } catch (thrown) {
      // Half of it may be there: what follows goes into another file.
      this.#leave()
      throw thrown
    }
    pack.sizeBytes = start + bytes.byteLength
    if (pack.sizeBytes >= fullBytes) this.#leave()
    return { name: pack.name, start }
  }

  async #create(): Promise<OpenPack> {
    const name = randomUUID()
    const file = openSync(join(this.#directory, name), 'wx', 0o444)
    const made = { name, file, sizeBytes: 0, writtenAt: performance.now() }
    this.#current = made
    await syncDirectory(this.#directory)
    return made
  }

  #leave(): void {
    if (this.#current !== undefined) closeSync(this.#current.file)
    this.#current = undefined
  }

  /**
   * Bytes of a file, at once: they are few, and a trip to the thread pool costs more. Files that were
   * read lately stay open.
   */
  async readSmall(path: string, start: number, end: number): Promise<Uint8Array> {
    const file = this.#reading.get(path) ?? this.#open(path)
    const content = Buffer.allocUnsafe(end - start)
    let filled = 0
    while (filled < content.byteLength) {
      const count = readSync(file, content, filled, content.byteLength - filled, start + filled)
      if (count === 0) break
      filled += count
    }
    return content.subarray(0, filled)
  }

  #open(path: string): number {
    const file = openSync(path, 'r')
    const [oldest] = this.#reading.keys()
    if (this.#reading.size >= openFiles && oldest !== undefined) this.forget(oldest)
    this.#reading.set(path, file)
    return file
  }

  forget(path: string): void {
    const file = this.#reading.get(path)
    if (file !== undefined) closeSync(file)
    this.#reading.delete(path)
  }

  close(): void {
    this.#leave()
    for (const path of this.#reading.keys()) this.forget(path)
  }
}
