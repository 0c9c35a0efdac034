import type {
  DuckDBConnection,
  DuckDBMaterializedResult,
  DuckDBType,
  DuckDBValue,
} from '@duckdb/node-api'
import { GyreError, invalid } from '#kernel/errors'
import type { Cell, QueryOptions } from '#ports/frames/frames'
import type { DuckdbApi } from './engine.ts'
import { fromDuckdbError } from './errors.ts'

export interface Bound {
  values: DuckDBValue[]
  types: DuckDBType[]
}

/** Whole numbers are bound as integers, as they are when written into the query. */
export function bind(api: DuckdbApi, parameters: readonly Cell[] = []): Bound {
  const values: DuckDBValue[] = []
  const types: DuckDBType[] = []
  for (const value of parameters) {
    const integer = Number.isSafeInteger(value)
    values.push(integer ? BigInt(value as number) : value)
    types.push(integer ? api.BIGINT : typeOf(api, value))
  }
  return { values, types }
}

function typeOf(api: DuckdbApi, value: Cell): DuckDBType {
  if (value === null) return api.SQLNULL
  if (typeof value === 'boolean') return api.BOOLEAN
  if (typeof value === 'number') return api.DOUBLE
  if (typeof value === 'string') return api.VARCHAR
  throw invalid(`A query's parameter cannot be a ${typeof value}.`)
}

const interruptEveryMs = 20

/**
 * Runs work on a connection that can be stopped. The engine forgets an interrupt that comes before
 * the query began, so it is repeated until the work ends.
 */
export async function interruptible<T>(
  connection: DuckDBConnection,
  sql: string,
  { signal, timeoutMs }: QueryOptions,
  work: () => Promise<T>,
): Promise<T> {
  let stopped: GyreError | undefined
  let repeat: NodeJS.Timeout | undefined
  const stop = (why: GyreError) => {
    if (stopped !== undefined) return
    stopped = why
    connection.interrupt()
    repeat = setInterval(() => connection.interrupt(), interruptEveryMs)
  }
  const abort = () => stop(aborted(signal?.reason))
  const timeout =
    timeoutMs === undefined ? undefined : setTimeout(() => stop(timedOut(timeoutMs)), timeoutMs)
  signal?.addEventListener('abort', abort)
  try {
    if (signal?.aborted === true) throw aborted(signal.reason)
    const result = await work()
    if (stopped !== undefined) throw stopped
    return result
  } catch (thrown) {
    throw stopped ?? fromDuckdbError(thrown, sql)
  } finally {
    clearTimeout(timeout)
    clearInterval(repeat)
    signal?.removeEventListener('abort', abort)
  }
}

function aborted(reason: unknown): GyreError {
  return new GyreError({
    code: 'unavailable',
    public: 'The query was interrupted: nobody waits for its result any more.',
    cause: reason,
  })
}

function timedOut(timeoutMs: number): GyreError {
  return new GyreError({
    code: 'unavailable',
    public: `The query took longer than ${timeoutMs} ms and was interrupted. Read fewer rows, or allow more time.`,
  })
}

/** A result all of whose chunks are there. */
export async function runQuery(
  connection: DuckDBConnection,
  sql: string,
  { values, types }: Bound,
): Promise<DuckDBMaterializedResult> {
  return values.length === 0 ? connection.run(sql) : connection.run(sql, values, types)
}
