import { closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { GyreError, notFound } from '#kernel/errors'
import type { ObjectRange, Objects } from '#ports/objects/objects'
import { DirectorySync, syncDirectory, syncFile } from './directory-sync.ts'
import { fromSystemError, systemCode } from '#ports/objects/system-errors'
import { Incoming } from './incoming.ts'
import { makeDirectory } from './make-directory.ts'
import { PackFile } from './pack-file.ts'

const readBytes = 1 << 18

/**
 * Objects as files of a directory: `files/ab/…` for those that are a blob each, `packs/…` for what was
 * appended, `incoming/` for what is being written. Opening removes what crashed writers left. Throws
 * `unavailable` when the directory cannot be written.
 */
export async function openFsObjects(directory: string): Promise<Objects> {
  const incoming = await translated(() => layOut(directory))
  return new FsObjects(directory, incoming)
}

async function layOut(directory: string): Promise<Incoming> {
  await makeDirectory(directory)
  // Where an earlier version kept them; the index is made of what is there.
  await rename(join(directory, 'sha256'), join(directory, 'files')).catch((thrown: unknown) => {
    if (systemCode(thrown) !== 'ENOENT') throw thrown
  })
  await mkdir(join(directory, 'packs'), { recursive: true })
  for (let i = 0; i < 256; i++) {
    await mkdir(join(directory, 'files', hexByte(i)), { recursive: true })
  }
  await syncDirectory(join(directory, 'files'))
  await syncDirectory(directory)
  return Incoming.open(join(directory, 'incoming'))
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0')
}

class FsObjects implements Objects {
  readonly #root: string
  readonly #incoming: Incoming
  readonly #directories = new DirectorySync()
  readonly #pack: PackFile

  constructor(root: string, incoming: Incoming) {
    this.#root = root
    this.#incoming = incoming
    this.#pack = new PackFile(join(root, 'packs'))
  }

  spool(): { path: string; discard(): void } {
    const path = this.#incoming.next()
    return { path, discard: () => rmSync(path, { force: true }) }
  }

  keepFile(key: string, path: string): Promise<void> {
    return translated(async () => {
      const file = openSync(path, 'r')
      try {
        await syncFile(file)
      } finally {
        closeSync(file)
      }
      const target = this.#path(key)
      renameSync(path, target)
      await this.#directories.sync(dirname(target))
    })
  }

  append(bytes: Uint8Array): Promise<{ key: string; start: number }> {
    return translated(async () => {
      const { name, start } = await this.#pack.append(bytes)
      return { key: `packs/${name}`, start }
    })
  }

  appendSoon(bytes: Uint8Array): Promise<{ key: string; start: number }> {
    return translated(async () => {
      const { name, start } = await this.#pack.append(bytes, 'soon')
      return { key: `packs/${name}`, start }
    })
  }

  flush(): Promise<string[]> {
    return translated(async () => (await this.#pack.flush()).map((name) => `packs/${name}`))
  }

  async *read(key: string, { start, end }: ObjectRange): AsyncGenerator<Uint8Array> {
    const file = await found(key, () => open(this.#path(key), 'r'))
    try {
      for (let at = start; at < end;) {
        const wanted = Math.min(readBytes, end - at)
        const { bytesRead, buffer } = await translated(() =>
          file.read(Buffer.allocUnsafe(wanted), 0, wanted, at),
        )
        if (bytesRead === 0) return
        yield buffer.subarray(0, bytesRead)
        at += bytesRead
      }
    } finally {
      await file.close()
    }
  }

  readRange(key: string, { start, end }: ObjectRange): Promise<Uint8Array> {
    return found(key, () => this.#pack.readSmall(this.#path(key), start, end))
  }

  localPath(key: string): string {
    return this.#path(key)
  }

  async sizeOf(key: string): Promise<number | undefined> {
    return translated(async () => statSync(this.#path(key), { throwIfNoEntry: false })?.size)
  }

  remove(key: string): Promise<void> {
    return translated(async () => {
      this.#pack.forget(this.#path(key))
      await rm(this.#path(key), { force: true })
    })
  }

  async *list(): AsyncGenerator<{ key: string; sizeBytes: number; modifiedAt: number }> {
    for (const folder of ['files', 'packs']) {
      const options = { recursive: true, withFileTypes: true } as const
      for (const entry of await translated(() => readdir(join(this.#root, folder), options))) {
        if (!entry.isFile()) continue
        const path = join(entry.parentPath, entry.name)
        const facts = await stat(path).catch(() => undefined)
        if (facts === undefined) continue
        const key = path.slice(this.#root.length + 1)
        yield { key, sizeBytes: facts.size, modifiedAt: facts.mtimeMs }
      }
    }
  }

  async close(): Promise<void> {
    this.#pack.close()
  }

  /** Keys are made by the blob store, never by clients. */
  #path(key: string): string {
    return join(this.#root, key)
  }
}

async function found<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await translated(work)
  } catch (thrown) {
    throw systemCode(thrown) === 'ENOENT' ? notFound('object', key) : thrown
  }
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw thrown instanceof GyreError ? thrown : fromSystemError(thrown)
  }
}
