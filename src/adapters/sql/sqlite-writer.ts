import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Driver, Transaction } from 'kysely'
import { SqliteConnection } from './sqlite-connection.ts'
import { fromSqliteError, isBusy } from './sqlite-errors.ts'
import { transactionOn } from './sqlite-kysely.ts'

/** One write that waits for the writer: runs in its caller's async context. */
interface Waiting {
  /** Does the work inside a savepoint; never rejects. */
  run(): Promise<'done' | 'failed'>
  resolve(): void
  reject(reason: unknown): void
}

const mostInBatch = 256
const busyPatienceMs = 10_000

/**
 * The only writer. Writes that are asked for in one turn of the event loop become durable by one
 * commit, each inside its own savepoint: one that fails takes nothing of the others with it.
 */
export class SqliteWriter {
  readonly #connection: SqliteConnection
  readonly #waiting: Waiting[] = []
  #drained: Promise<void> | undefined

  constructor(path: string) {
    this.#connection = new SqliteConnection(path, false)
  }

  /** Queues `work` and gives its value, once it is durable. */
  write<T>(work: (tx: Transaction<unknown>) => Promise<T>): Promise<T> {
    const inCallersContext = AsyncLocalStorage.snapshot()
    return new Promise<T>((resolve, reject) => {
      let value: T
      this.#waiting.push({
        run: async () => {
          try {
            value = await inCallersContext(() => this.#inSavepoint(work))
            return 'done'
          } catch (thrown) {
            reject(thrown)
            return 'failed'
          }
        },
        resolve: () => resolve(value),
        reject,
      })
      this.#drained ??= this.#drain()
    })
  }

  async #drain(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0) await this.#commitBatch(this.#waiting.splice(0, mostInBatch))
    this.#drained = undefined
  }

  async #commitBatch(batch: readonly Waiting[]): Promise<void> {
    const done: Waiting[] = []
    try {
      await this.#begin()
      for (const waiting of batch) {
        if ((await waiting.run()) === 'done') done.push(waiting)
        // A full disk ends the whole transaction by itself, and with it the writes before.
        if (!this.#connection.database.isTransaction) throw lostBatch(this.#connection.failure)
      }
      this.#connection.clearFailure()
      this.#connection.run(done.length > 0 ? 'commit' : 'rollback')
    } catch (thrown) {
      this.#abandon()
      const failure = fromSqliteError(thrown, 'commit')
      for (const waiting of batch) waiting.reject(failure)
      return
    }
    for (const waiting of done) waiting.resolve()
  }

  /** Waits for another process without stopping the event loop. */
  async #begin(): Promise<void> {
    const start = performance.now()
    for (;;) {
      try {
        this.#connection.run('begin immediate')
        return
      } catch (thrown) {
        if (!isBusy(thrown) || performance.now() - start > busyPatienceMs) throw thrown
        await sleep(5 + Math.random() * 20)
      }
    }
  }

  #abandon(): void {
    this.#connection.clearFailure()
    if (this.#connection.database.isTransaction) this.#connection.run('rollback')
  }

  async #inSavepoint<T>(work: (tx: Transaction<unknown>) => Promise<T>): Promise<T> {
    const connection = this.#connection
    let isOver = false
    const open = (): SqliteConnection => {
      if (isOver) throw new Error('The write is over, and so is its transaction.')
      return connection
    }
    connection.clearFailure()
    connection.run('savepoint work')
    try {
      const value = await work(transactionOn(oneAtATime, open))
      if (connection.failure !== undefined) throw connection.failure
      connection.run('release work')
      return value
    } catch (thrown) {
      this.#undo()
      throw fromSqliteError(thrown, 'work')
    } finally {
      isOver = true
    }
  }

  #undo(): void {
    if (!this.#connection.database.isTransaction) return
    this.#connection.clearFailure()
    this.#connection.run('rollback to work')
    this.#connection.run('release work')
  }

  async destroy(): Promise<void> {
    await this.#drained
    this.#connection.close()
  }
}

const nested = (): never => {
  throw new Error('A transaction began inside a write, which is one.')
}

/** What Kysely would begin a transaction with. */
const oneAtATime: Driver = {
  init: async () => {},
  acquireConnection: async () => nested(),
  beginTransaction: async () => nested(),
  commitTransaction: async () => nested(),
  rollbackTransaction: async () => nested(),
  releaseConnection: async () => {},
  destroy: async () => {},
}

function lostBatch(failure: unknown): unknown {
  return failure ?? new Error('The transaction ended before its commit.')
}
