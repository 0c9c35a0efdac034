import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import type { DuckDBConnection, DuckDBMaterializedResult } from '@duckdb/node-api'
import { GyreError, invalid } from '#kernel/errors'
import {
  type Cell,
  type FrameColumn,
  type FrameRow,
  type InputColumn,
  type NumericColumn,
  type QueryOptions,
  type SandboxSession,
  quoteText,
} from '#ports/frames/frames'
import { cellExpression, columnType, numericExpression } from './cell-expression.ts'
import type { DuckdbApi, Engine } from './engine.ts'
import { fromDuckdbError, isFatal } from './errors.ts'
import type { Gate } from './gate.ts'
import { type Bound, bind, interruptible, runQuery } from './query.ts'
import { readCells, readNumbers } from './read-result.ts'
import { scanFiles } from './scan.ts'
import { writeTable } from './write-table.ts'

type Connected = { api: DuckdbApi; connection: DuckDBConnection }

/** One connection's work, one statement at a time. Temporary tables end with the connection. */
export class DuckdbSession implements SandboxSession {
  readonly #engine: Engine
  readonly #gate: Gate
  #connected: Promise<Connected> | undefined
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(engine: Engine, gate: Gate) {
    this.#engine = engine
    this.#gate = gate
  }

  readonly scan = scanFiles

  async run(sql: string, options: QueryOptions = {}): Promise<void> {
    await this.#work(sql, options, async ({ api, connection }) => {
      await runQuery(connection, sql, bind(api, options.parameters))
    })
  }

  async describe(sql: string, options: QueryOptions = {}): Promise<FrameColumn[]> {
    return this.#work(sql, options, ({ api, connection }) =>
      describeQuery(connection, sql, bind(api, options.parameters)),
    )
  }

  async rows<R extends FrameRow = FrameRow>(sql: string, options: QueryOptions = {}): Promise<R[]> {
    const { names, values } = await this.#cells(sql, options)
    const count = values[0]?.length ?? 0
    return Array.from({ length: count }, (_, row) => {
      const object: FrameRow = {}
      names.forEach((name, column) => (object[name] = values[column]?.[row] as Cell))
      return object as R
    })
  }

  async columns(sql: string, options: QueryOptions = {}): Promise<Record<string, Cell[]>> {
    const { names, values } = await this.#cells(sql, options)
    return Object.fromEntries(names.map((name, i) => [name, values[i] as Cell[]]))
  }

  async numericColumns(
    sql: string,
    options: QueryOptions = {},
  ): Promise<Record<string, NumericColumn>> {
    return this.#work(sql, options, async ({ api, connection }) => {
      const { names, result } = await project(
        connection,
        sql,
        bind(api, options.parameters),
        numericExpression,
      )
      const values = await readNumbers(result)
      return Object.fromEntries(names.map((name, i) => [name, values[i] as NumericColumn]))
    })
  }

  async exportParquet(sql: string, path: string, options: QueryOptions = {}): Promise<number> {
    return this.#work(sql, options, async ({ api, connection }) => {
      const part = `${path}.part-${randomUUID()}`
      const copy = `COPY (${bare(sql)}\n) TO ${quoteText(part)} (FORMAT parquet, COMPRESSION zstd)`
      try {
        const { rowsChanged } = await runQuery(connection, copy, bind(api, options.parameters))
        await makeDurable(part)
        await rename(part, path)
        return rowsChanged
      } finally {
        await rm(part, { force: true })
      }
    })
  }

  async createTable(name: string, columns: readonly InputColumn[]): Promise<void> {
    await this.#work(`create table ${name}`, {}, ({ api, connection }) =>
      writeTable(api, connection, name, columns),
    )
  }

  async checkSelect(sql: string): Promise<void> {
    await this.#work(sql, {}, async ({ api, connection }) => {
      const statements = await connection.extractStatements(sql).catch((thrown: unknown) => {
        // Of a text without any statement the engine says nothing.
        const told = fromDuckdbError(thrown, sql)
        throw told instanceof GyreError ? told : noSelect()
      })
      if (statements.count !== 1) throw noSelect()
      const { statementType } = await statements.prepare(0)
      if (statementType !== api.StatementType.SELECT) throw noSelect()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#last
    if (this.#connected === undefined) return
    const connected = await this.#connected.catch(() => undefined)
    connected?.connection.closeSync()
  }

  async #cells(sql: string, options: QueryOptions): Promise<{ names: string[]; values: Cell[][] }> {
    return this.#work(sql, options, async ({ api, connection }) => {
      const bound = bind(api, options.parameters)
      const { names, result } = await project(connection, sql, bound, cellExpression)
      return { names, values: await readCells(result) }
    })
  }

  /** A connection does one thing at a time: the next waits for the one before, then for a place. */
  #work<T>(
    sql: string,
    options: QueryOptions,
    work: (connected: Connected) => Promise<T>,
  ): Promise<T> {
    const result = this.#last.then(async () => {
      if (this.#closed) throw new Error('This session has ended; its query came too late.')
      return this.#gate.enter(async () => {
        try {
          this.#connected ??= this.#engine.connect()
          const connected = await this.#connected
          return await interruptible(connected.connection, sql, options, () => work(connected))
        } catch (thrown) {
          if (isFatal(thrown instanceof Error ? (thrown.cause ?? thrown) : thrown)) {
            this.#engine.discard()
          }
          throw thrown
        }
      })
    })
    this.#last = result.then(
      () => undefined,
      () => undefined,
    )
    return result
  }
}

function noSelect(): GyreError {
  return invalid('Write exactly one SELECT: other statements are not allowed here.')
}

async function makeDurable(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Without what would end the query early when it stands in parentheses. */
function bare(sql: string): string {
  return sql.trim().replace(/[;\s]+$/, '')
}

async function describeQuery(
  connection: DuckDBConnection,
  sql: string,
  bound: Bound,
): Promise<FrameColumn[]> {
  const query = `SELECT * FROM (${bare(sql)}\n) AS described LIMIT 0`
  const result = await runQuery(connection, query, bound)
  return result.columnNames().map((name, i) => {
    const nativeType = result.columnType(i).toString()
    return { name, nativeType, type: columnType(nativeType) }
  })
}

/** Runs the query with each of its columns turned into what can be read by whole vectors. */
async function project(
  connection: DuckDBConnection,
  sql: string,
  bound: Bound,
  expression: (name: string, column: FrameColumn) => string | undefined,
): Promise<{ names: string[]; result: DuckDBMaterializedResult }> {
  const described = await describeQuery(connection, sql, bound)
  const names = described.map((column) => column.name)
  const items = described.map((column, i) => {
    const item = expression(`c${i}`, column)
    if (item !== undefined) return item
    throw invalid(
      `Column "${column.name}" is ${column.nativeType}, not a number. Encode it, or leave it out.`,
    )
  })
  const aliases = names.map((_, i) => `c${i}`)
  const query = `SELECT ${items.join(', ')} FROM (${bare(sql)}\n) AS projected(${aliases.join(', ')})`
  return { names, result: await runQuery(connection, query, bound) }
}
