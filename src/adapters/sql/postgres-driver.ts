import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { checkParameters } from './parameters.ts'
import { fromPostgresError } from './postgres-errors.ts'

const changing = ['INSERT', 'UPDATE', 'DELETE', 'MERGE']

/** A connection out of the pool, for as long as it is held. */
export class PostgresConnection implements DatabaseConnection {
  readonly #client: PoolClient
  #failure: unknown

  constructor(client: PoolClient) {
    this.#client = client
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    // PostgreSQL would answer "current transaction is aborted": the first failure says more.
    if (this.#failure !== undefined) throw this.#failure
    checkParameters(query.parameters)
    return this.run<R>(query.sql, query.parameters)
  }

  async run<R>(text: string, parameters?: readonly unknown[]): Promise<QueryResult<R>> {
    try {
      const result = await (parameters === undefined
        ? this.#client.query(text)
        : this.#client.query(text, parameters as unknown[]))
      const rows = (result.rows ?? []) as R[]
      return changing.includes(result.command)
        ? { numAffectedRows: BigInt(result.rowCount ?? 0), rows }
        : { rows }
    } catch (thrown) {
      this.#failure = fromPostgresError(thrown, text)
      throw this.#failure
    }
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncGenerator<QueryResult<R>> {
    await this.run('begin')
    try {
      await this.run(`declare rows no scroll cursor for ${query.sql}`, query.parameters)
      for (;;) {
        const chunk = await this.run<R>(`fetch ${Math.trunc(chunkSize)} from rows`)
        if (chunk.rows.length === 0) break
        yield chunk
      }
    } finally {
      await this.run('rollback')
    }
  }

  get failure(): unknown {
    return this.#failure
  }

  release(discard: boolean): void {
    this.#client.release(discard)
  }
}

/** Kysely's view of a pool. `begin` is the text that opens a transaction. */
export class PostgresDriver implements Driver {
  readonly #pool: Pool
  readonly #begin: string
  readonly #discarded = new WeakSet<PostgresConnection>()

  constructor(pool: Pool, begin: string) {
    this.#pool = pool
    this.#begin = begin
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PostgresConnection> {
    try {
      return new PostgresConnection(await this.#pool.connect())
    } catch (thrown) {
      throw fromPostgresError(thrown, 'connect')
    }
  }

  async releaseConnection(connection: PostgresConnection): Promise<void> {
    connection.release(this.#discarded.has(connection))
  }

  async beginTransaction(connection: PostgresConnection): Promise<void> {
    await connection.run(this.#begin)
  }

  async commitTransaction(connection: PostgresConnection): Promise<void> {
    // The work may have caught the failure of a statement; the transaction is lost all the same.
    if (connection.failure !== undefined) throw connection.failure
    await connection.run('commit')
  }

  async rollbackTransaction(connection: PostgresConnection): Promise<void> {
    try {
      await connection.run('rollback')
    } catch (thrown) {
      this.#discarded.add(connection)
      throw thrown
    }
  }

  async destroy(): Promise<void> {
    await this.#pool.end()
  }
}
