import { AsyncLocalStorage } from 'node:async_hooks'
import { GyreError } from '#kernel/errors'

interface Writing {
  active: boolean
}

/**
 * Finds a `write` inside a `write`, which would wait for itself for ever, and throws instead. What a
 * write's work leaves running behind it may write again once the work is over. Knows the writes
 * under way, so that closing waits for them.
 */
export class WriteGuard {
  readonly #storage = new AsyncLocalStorage<Writing>()
  readonly #running = new Set<Promise<unknown>>()
  #closed = false

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#storage.getStore()?.active === true) {
      throw new Error('A write began inside a write. Use the transaction that is there already.')
    }
    if (this.#closed) {
      throw new GyreError({ code: 'unavailable', public: 'The server is shutting down.' })
    }
    const writing: Writing = { active: true }
    const running = this.#storage.run(writing, work).finally(() => (writing.active = false))
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  /** Refuses writes from now on and waits for those that began. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#running)
  }
}
