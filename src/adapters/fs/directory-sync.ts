import { syncDirectory } from './blob-paths.ts'

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
