import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import { checkParameters } from './parameters.ts'
import { fromSqliteError } from './sqlite-errors.ts'

interface Prepared {
  statement: StatementSync
  givesRows: boolean
}

const mostPrepared = 400

/** One connection to a SQLite file, with its prepared statements. Calls are synchronous. */
export class SqliteConnection implements DatabaseConnection {
  readonly database: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()
  /** The first failure since the last `clearFailure`: as in PostgreSQL, nothing works after it. */
  #failure: unknown

  constructor(path: string, readOnly: boolean) {
    this.database = new DatabaseSync(path, { readOnly, timeout: readOnly ? 5000 : 20 })
    const pragmas = ['foreign_keys=on', 'case_sensitive_like=on', 'temp_store=memory']
    if (!readOnly)
      pragmas.unshift(
        'journal_mode=wal',
        'synchronous=full',
        'wal_autocheckpoint=8000',
        'cache_size=-16384',
      )
    for (const pragma of pragmas) this.database.exec(`pragma ${pragma}`)
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#failure !== undefined) throw this.#failure
    const inTransaction = this.database.isTransaction
    try {
      return this.run<R>(query.sql, query.parameters)
    } catch (thrown) {
      const failure = fromSqliteError(thrown, query.sql)
      if (inTransaction) this.#failure = failure
      throw failure
    }
  }

  /** Runs a statement as it is; throws what SQLite throws. */
  run<R>(sql: string, parameters: readonly unknown[] = []): QueryResult<R> {
    checkParameters(parameters)
    const { statement, givesRows } = this.#prepare(sql)
    const values = parameters as readonly SQLInputValue[]
    if (givesRows) return { rows: statement.all(...values) as R[] }
    const { changes } = statement.run(...values)
    return { numAffectedRows: BigInt(changes), rows: [] }
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncGenerator<QueryResult<R>> {
    try {
      checkParameters(query.parameters)
      const statement = this.database.prepare(query.sql)
      let rows: R[] = []
      for (const row of statement.iterate(...(query.parameters as readonly SQLInputValue[]))) {
        if (rows.push(row as R) < chunkSize) continue
        yield { rows }
        rows = []
      }
      if (rows.length > 0) yield { rows }
    } catch (thrown) {
      throw fromSqliteError(thrown, query.sql)
    }
  }

  get failure(): unknown {
    return this.#failure
  }

  clearFailure(): void {
    this.#failure = undefined
  }

  close(): void {
    this.#prepared.clear()
    if (this.database.isOpen) this.database.close()
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known !== undefined) return known
    const statement = this.database.prepare(sql)
    const prepared = { statement, givesRows: statement.columns().length > 0 }
    if (this.#prepared.size >= mostPrepared) this.#prepared.clear()
    this.#prepared.set(sql, prepared)
    return prepared
  }
}
