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
  /** Whether something of it may not be durable. */
  isDirty: boolean
  /** Whether it is being flushed; whoever flushes it closes it when it was left meanwhile. */
  isFlushing: boolean
  /** A write or a flush failed: what of it is durable cannot be known any more. */
  isLost: boolean
}

/**
 * Files that only grow, of this process alone: bytes are written behind one another and are durable
 * before their place is told. What a crash leaves behind the last told place is never read.
 */
export class PackFile {
  readonly #directory: string
  #current: OpenPack | undefined
  #last: Promise<unknown> = Promise.resolve()
  /** Not appended to any more, and not durable yet. */
  readonly #left = new Set<OpenPack>()
  /** All of this process that are durable. */
  readonly #durable = new Set<string>()
  readonly #reading = new Map<string, number>()

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Durable when it returns, or, `soon`, after the next flush. Calls are done one after another. */
  append(
    bytes: Uint8Array,
    durable: 'now' | 'soon' = 'now',
  ): Promise<{ name: string; start: number }> {
    const done = this.#last.then(() => this.#append(bytes, durable))
    this.#last = done.catch(() => undefined)
    return done
  }

  async #append(
    bytes: Uint8Array,
    durable: 'now' | 'soon',
  ): Promise<{ name: string; start: number }> {
    const now = performance.now()
    if (this.#current !== undefined && now - this.#current.writtenAt > idleMs) this.#leave()
    const pack = this.#current ?? (await this.#create())
    pack.writtenAt = now
    const start = pack.sizeBytes
    pack.isDirty ||= durable === 'soon'
    if (pack.isDirty) this.#durable.delete(pack.name)
    try {
      for (let at = 0; at < bytes.byteLength;) {
        at += (await writeLater(pack.file, bytes, at, bytes.byteLength - at, start + at))
          .bytesWritten
      }
      if (durable === 'now') await sync(pack.file)
    } catch (thrown) {
      // Half of it may be there: what follows goes into another file.
      pack.isLost = true
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
    const made = {
      name,
      file,
      sizeBytes: 0,
      writtenAt: performance.now(),
      isDirty: false,
      isFlushing: false,
      isLost: false,
    }
    this.#current = made
    await syncDirectory(this.#directory)
    return made
  }

  #leave(): void {
    const pack = this.#current
    this.#current = undefined
    if (pack === undefined) return
    if (pack.isFlushing || (pack.isDirty && !pack.isLost)) this.#left.add(pack)
    else closeSync(pack.file)
  }

  /** Makes durable what was appended; gives the names of this process's files that are. */
  async flush(): Promise<string[]> {
    const packs = [...this.#left, ...(this.#current === undefined ? [] : [this.#current])]
    for (const pack of packs) {
      if (pack.isDirty && !pack.isFlushing) await this.#flush(pack)
    }
    return [...this.#durable]
  }

  async #flush(pack: OpenPack): Promise<void> {
    pack.isDirty = false
    pack.isFlushing = true
    try {
      await sync(pack.file)
    } catch (thrown) {
      // A second try might say that all is well with bytes that the first one has lost.
      pack.isLost = true
      if (this.#current === pack) this.#leave()
      throw thrown
    } finally {
      pack.isFlushing = false
      if (!pack.isDirty && !pack.isLost) this.#durable.add(pack.name)
      const isOver = !pack.isDirty || pack.isLost
      if (isOver && this.#left.delete(pack)) closeSync(pack.file)
    }
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
    for (const { file } of this.#left) closeSync(file)
    this.#left.clear()
    for (const path of this.#reading.keys()) this.forget(path)
  }
}
