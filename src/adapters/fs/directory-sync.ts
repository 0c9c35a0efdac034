import { fsync } from 'node:fs'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'

const sync = promisify(fsync)

/**
 * Makes renames durable, many at a time: whoever asks while a directory is being synced shares the
 * next sync of it with all others who ask.
 */
export class DirectorySync {
  readonly #running = new Map<string, Promise<void>>()
  readonly #next = new Map<string, Promise<void>>()

  sync(path: string): Promise<void> {
    const next = this.#next.get(path)
    if (next !== undefined) return next
    const running = this.#running.get(path)
    if (running === undefined) return this.#start(path)
    const queued = running
      .catch(() => undefined)
      .then(() => {
        this.#next.delete(path)
        return this.#start(path)
      })
    this.#next.set(path, queued)
    return queued
  }

  #start(path: string): Promise<void> {
    const started = syncDirectory(path).finally(() => this.#running.delete(path))
    this.#running.set(path, started)
    return started
  }
}

export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes the bytes of an open file durable. */
export function syncFile(file: number): Promise<void> {
  return sync(file)
}
