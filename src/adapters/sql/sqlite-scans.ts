import type { Driver } from 'kysely'
import { GyreError } from '#kernel/errors'
import type { ScanLimit } from './scan-limit.ts'
import { SqliteScan } from './sqlite-scan.ts'

const mostThreads = 2
/** Threads that were given up and are not gone yet. */
const mostGivenUp = 2
/** How long a thread is kept for the next scan. */
const idleMs = 30_000

/**
 * Threads that read, started as they are needed and ended when there was nothing to do for a while.
 * Whoever finds all of them at work waits, no longer than one statement may take.
 */
export class SqliteScans implements Driver {
  readonly #path: string
  readonly #limit: ScanLimit
  readonly #all = new Set<SqliteScan>()
  readonly #free: SqliteScan[] = []
  readonly #waiting: ((scan: SqliteScan) => void)[] = []
  #givenUp = 0
  #idle: NodeJS.Timeout | undefined

  constructor(path: string, limit: ScanLimit) {
    this.#path = path
    this.#limit = limit
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SqliteScan> {
    clearTimeout(this.#idle)
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.#givenUp >= mostGivenUp) throw busy()
    return this.#all.size < mostThreads ? this.#start() : this.#wait()
  }

  async releaseConnection(scan: SqliteScan): Promise<void> {
    if (scan.isBroken) {
      this.#drop(scan)
      this.#startForNext()
      return
    }
    const next = this.#waiting.shift()
    if (next === undefined) this.#keep(scan)
    else next(scan)
  }

  async beginTransaction(scan: SqliteScan): Promise<void> {
    await scan.run('begin')
  }

  async commitTransaction(scan: SqliteScan): Promise<void> {
    await this.rollbackTransaction(scan)
  }

  async rollbackTransaction(scan: SqliteScan): Promise<void> {
    if (!scan.isBroken) await scan.run('rollback')
  }

  async destroy(): Promise<void> {
    clearTimeout(this.#idle)
    await Promise.all(Array.from(this.#all, (scan) => scan.close()))
    this.#all.clear()
  }

  #start(): SqliteScan {
    const scan = new SqliteScan(this.#path, this.#limit)
    this.#all.add(scan)
    return scan
  }

  #startForNext(): void {
    if (this.#all.size >= mostThreads || this.#givenUp >= mostGivenUp) return
    const next = this.#waiting.shift()
    if (next !== undefined) next(this.#start())
  }

  #drop(scan: SqliteScan): void {
    this.#all.delete(scan)
    this.#givenUp++
    void scan.ended.then(() => {
      this.#givenUp--
      this.#startForNext()
    })
  }

  #keep(scan: SqliteScan): void {
    this.#free.push(scan)
    if (this.#free.length < this.#all.size) return
    this.#idle = setTimeout(() => this.#endFree(), idleMs)
    this.#idle.unref()
  }

  #endFree(): void {
    for (const scan of this.#free.splice(0)) {
      this.#all.delete(scan)
      void scan.close()
    }
  }

  async #wait(): Promise<SqliteScan> {
    const { promise, resolve, reject } = Promise.withResolvers<SqliteScan>()
    this.#waiting.push(resolve)
    const timer = setTimeout(() => {
      const at = this.#waiting.indexOf(resolve)
      if (at < 0) return
      this.#waiting.splice(at, 1)
      reject(busy())
    }, this.#limit.timeoutMs)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
    }
  }
}

function busy(): GyreError {
  return new GyreError({
    code: 'unavailable',
    public: 'The server is busy with other searches that take long. Try again in a while.',
    retryable: true,
  })
}
