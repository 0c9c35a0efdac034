import { Worker } from 'node:worker_threads'
import type { Hashed } from './hashing.ts'

export type Order =
  | { kind: 'start'; id: number; file: number }
  | { kind: 'advance'; id: number; sizeBytes: number }
  | { kind: 'finish'; id: number }
  | { kind: 'abandon'; id: number }

export type Answer =
  | { id: number; hashed: Hashed }
  | { id: number; failed: string }
  | { id: number; abandoned: true }

/** The hashing of one file that is being written. */
export interface Hashing {
  /** So many bytes are in the file now. */
  upTo(sizeBytes: number): void
  finish(): Promise<Hashed>
  /** Resolves when the file is not read any more, so that it may be closed. */
  abandon(): Promise<void>
}

/** How long the thread is kept for the next large file. */
const idleMs = 10_000

/**
 * A thread that hashes files as they grow. It reads them back from the page cache, so that no buffers
 * are handed over; it is started by the first large file, and ended when there was none for a while.
 */
export class HashThread {
  #worker: Worker | undefined
  #lastId = 0
  #idle: NodeJS.Timeout | undefined
  readonly #waiting = new Map<number, PromiseWithResolvers<Hashed | undefined>>()

  start(file: number): Hashing {
    clearTimeout(this.#idle)
    const worker = (this.#worker ??= this.#spawn())
    // Somebody waits for it: the process must not end meanwhile.
    worker.ref()
    const id = ++this.#lastId
    const result = Promise.withResolvers<Hashed | undefined>()
    result.promise.catch(() => undefined)
    this.#waiting.set(id, result)
    const order = (message: Order): void => worker.postMessage(message)
    order({ kind: 'start', id, file })
    return {
      upTo: (sizeBytes) => order({ kind: 'advance', id, sizeBytes }),
      finish: async () => {
        order({ kind: 'finish', id })
        const hashed = await result.promise
        if (hashed === undefined) throw new Error('The hashing was abandoned.')
        return hashed
      },
      abandon: async () => {
        order({ kind: 'abandon', id })
        await result.promise.catch(() => undefined)
      },
    }
  }

  #spawn(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./hash-thread.${extension}`, import.meta.url), {
      // Others, such as a program given by -e, are the process's own.
      execArgv: process.execArgv.filter((argument) => argument.startsWith('--conditions')),
    })
    worker.on('message', (answer: Answer) => this.#take(answer))
    worker.on('error', (thrown) => this.#fail(worker, thrown))
    worker.on('exit', () => this.#fail(worker, new Error('The hashing thread ended.')))
    return worker
  }

  #take(answer: Answer): void {
    const result = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if ('failed' in answer) result?.reject(new Error(answer.failed))
    else result?.resolve('hashed' in answer ? answer.hashed : undefined)
    if (this.#waiting.size > 0) return
    this.#worker?.unref()
    this.#idle = setTimeout(() => void this.close(), idleMs)
    this.#idle.unref()
  }

  #fail(worker: Worker, thrown: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    for (const result of this.#waiting.values()) result.reject(thrown)
    this.#waiting.clear()
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle)
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }
}
