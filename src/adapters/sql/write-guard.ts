import { AsyncLocalStorage } from 'node:async_hooks'

interface Writing {
  active: boolean
}

/**
 * Finds a `write` inside a `write`, which would wait for itself for ever, and throws instead. What a
 * write's work leaves running behind it may write again once the work is over.
 */
export class WriteGuard {
  readonly #storage = new AsyncLocalStorage<Writing>()

  check(): void {
    if (this.#storage.getStore()?.active !== true) return
    throw new Error(
      'A write was started inside a write. Use the transaction that is there already.',
    )
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const writing: Writing = { active: true }
    try {
      return await this.#storage.run(writing, work)
    } finally {
      writing.active = false
    }
  }
}
