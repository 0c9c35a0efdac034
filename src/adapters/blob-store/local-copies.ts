import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** What the copies may take; those that were not asked for the longest go first. */
const mostBytes = 8 * 1024 ** 3
/** Whoever was given a path opens it within this. */
const openingMs = 600_000

/** Files of blobs that are no files by themselves: small ones, those in pieces, those elsewhere. */
export class LocalCopies {
  readonly #directory: string
  readonly #making = new Map<string, Promise<string>>()
  readonly #mostBytes: number
  #sizeBytes = 0

  constructor(directory: string, limit = mostBytes) {
    this.#directory = directory
    this.#mostBytes = limit
  }

  async path(sha256: string, read: () => AsyncIterable<Uint8Array>): Promise<string> {
    const path = join(this.#directory, sha256)
    const now = new Date()
    const there = await utimes(path, now, now).then(
      () => true,
      () => false,
    )
    if (there) return path
    const making = this.#making.get(sha256) ?? this.#make(sha256, path, read)
    this.#making.set(sha256, making)
    return making.finally(() => this.#making.delete(sha256))
  }

  async #make(
    sha256: string,
    path: string,
    read: () => AsyncIterable<Uint8Array>,
  ): Promise<string> {
    await mkdir(this.#directory, { recursive: true })
    const partial = `${path}.${process.pid}.partial`
    try {
      await pipeline(Readable.from(read()), createWriteStream(partial, { mode: 0o444 }))
      this.#sizeBytes += (await stat(partial)).size
      await rename(partial, path)
    } catch (thrown) {
      await rm(partial, { force: true })
      throw thrown
    }
    if (this.#sizeBytes > this.#mostBytes) await this.#makeRoom(sha256)
    return path
  }

  async #makeRoom(keep: string): Promise<void> {
    const files: { path: string; size: number; mtimeMs: number }[] = []
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name)
      const facts = await stat(path).catch(() => undefined)
      if (facts !== undefined && name !== keep) files.push({ path, ...facts })
    }
    files.sort((a, b) => a.mtimeMs - b.mtimeMs)
    for (const { path, size, mtimeMs } of files) {
      if (this.#sizeBytes <= this.#mostBytes || Date.now() - mtimeMs < openingMs) return
      await rm(path, { force: true })
      this.#sizeBytes -= size
    }
  }
}
