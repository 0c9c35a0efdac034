import { Worker } from 'node:worker_threads'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import { type ErrorCode, GyreError } from '#kernel/errors'
import { type ScanLimit, tookTooLong } from './scan-limit.ts'

/** A statement to be run; `null` ends the thread. */
export type ScanOrder = { sql: string; parameters: readonly unknown[] } | { sql: null }

export type ScanAnswer =
  | { columns: string[]; values: unknown[][] }
  | { code: ErrorCode; text: string; internal: string | undefined; retryable: boolean }
  | { problem: string }

/**
 * A connection in a thread of its own, which runs one statement at a time. One that takes longer
 * than the limit fails; SQLite cannot be stopped from outside, so the thread is given up with it
 * and ends when the statement does.
 */
export class SqliteScan implements DatabaseConnection {
  readonly #worker: Worker
  readonly #limit: ScanLimit
  /** Resolves when the thread is gone. */
  readonly ended: Promise<unknown>
  /** Resolves when the thread answers, or is gone. */
  readonly #started: Promise<unknown>
  #waiting: PromiseWithResolvers<ScanAnswer> | undefined
  /** Why nothing can be asked any more. */
  #failure: unknown

  constructor(path: string, limit: ScanLimit) {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    this.#limit = limit
    this.#worker = new Worker(new URL(`./sqlite-scan-thread.${extension}`, import.meta.url), {
      workerData: { path },
      // Others, such as a program given by -e, are the process's own.
      execArgv: process.execArgv.filter((argument) => argument.startsWith('--conditions')),
      // Most of what a thread costs is room for new objects, and rows are handed over at once.
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    })
    this.#worker.unref()
    const ready = new Promise((resolve) => this.#worker.once('message', resolve))
    this.#worker.on('message', (answer: ScanAnswer) => this.#waiting?.resolve(answer))
    this.#worker.on('error', (thrown) => this.#fail(thrown))
    this.#worker.on('exit', () => this.#fail(new Error('The reading thread ended.')))
    this.ended = new Promise((resolve) => this.#worker.once('exit', resolve))
    this.#started = Promise.race([ready, this.ended])
  }

  get isBroken(): boolean {
    return this.#failure !== undefined
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.run<R>(query.sql, query.parameters)
  }

  async run<R>(sql: string, parameters: readonly unknown[] = []): Promise<QueryResult<R>> {
    // Somebody waits for it: the process must not end meanwhile.
    this.#worker.ref()
    try {
      await this.#started
      return { rows: rowsOf<R>(await this.#ask({ sql, parameters }), sql) }
    } finally {
      this.#worker.unref()
    }
  }

  // oxlint-disable-next-line require-yield -- there is no such thing here, and Kysely asks for one
  async *streamQuery<R>(): AsyncGenerator<QueryResult<R>> {
    throw new Error('A scan gives its rows at once. Ask for pages, or stream with `read`.')
  }

  /** Ends the thread. What it is at is given up, and not waited for. */
  async close(): Promise<void> {
    if (this.isBroken) return
    if (this.#waiting !== undefined) {
      this.#fail(new GyreError({ code: 'unavailable', public: 'The server is shutting down.' }))
      void this.#worker.terminate()
      return
    }
    this.#worker.ref()
    this.#worker.postMessage({ sql: null } satisfies ScanOrder)
    await this.ended
  }

  async #ask(order: { sql: string; parameters: readonly unknown[] }): Promise<ScanAnswer> {
    if (this.#failure !== undefined) throw this.#failure
    const waiting = Promise.withResolvers<ScanAnswer>()
    this.#waiting = waiting
    const timer = setTimeout(() => this.#giveUp(order.sql), this.#limit.timeoutMs)
    this.#worker.postMessage(order satisfies ScanOrder)
    try {
      return await waiting.promise
    } finally {
      clearTimeout(timer)
      this.#waiting = undefined
    }
  }

  #giveUp(sql: string): void {
    this.#fail(tookTooLong(sql))
    void this.#worker.terminate()
  }

  #fail(failure: unknown): void {
    this.#failure ??= failure
    this.#waiting?.reject(failure)
  }
}

function rowsOf<R>(answer: ScanAnswer, sql: string): R[] {
  if ('problem' in answer) throw new Error(`${answer.problem} in: ${sql}`)
  if ('code' in answer) {
    const { code, text, internal, retryable } = answer
    throw new GyreError({ code, public: text, ...(internal && { internal }), retryable })
  }
  const { columns, values } = answer
  const count = values[0]?.length ?? 0
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(columns.map((column, c) => [column, values[c]?.[i]])),
  ) as R[]
}
