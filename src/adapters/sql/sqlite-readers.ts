import type { Driver } from 'kysely'
import { SqliteConnection } from './sqlite-connection.ts'

const mostReaders = 4

/**
 * Read-only connections, opened as they are needed. Plain queries share one; a read transaction or a
 * stream keeps one of its own, so that its snapshot is its own.
 */
export class SqliteReaders implements Driver {
  readonly #path: string
  #shared: SqliteConnection | undefined
  readonly #all: SqliteConnection[] = []
  readonly #idle: SqliteConnection[] = []
  readonly #waiting: ((connection: SqliteConnection) => void)[] = []

  constructor(path: string) {
    this.#path = path
  }

  /** For one query without a transaction. */
  shared(): SqliteConnection {
    if (this.#shared !== undefined) return this.#shared
    this.#shared = new SqliteConnection(this.#path, true)
    return this.#shared
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SqliteConnection> {
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    if (this.#all.length >= mostReaders) {
      return new Promise((resolve) => this.#waiting.push(resolve))
    }
    const connection = new SqliteConnection(this.#path, true)
    this.#all.push(connection)
    return connection
  }

  async releaseConnection(connection: SqliteConnection): Promise<void> {
    const next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(connection)
    else next(connection)
  }

  async beginTransaction(connection: SqliteConnection): Promise<void> {
    connection.run('begin')
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    await this.rollbackTransaction(connection)
  }

  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    connection.clearFailure()
    connection.run('rollback')
  }

  async destroy(): Promise<void> {
    this.#shared?.close()
    for (const connection of this.#all) connection.close()
  }
}
