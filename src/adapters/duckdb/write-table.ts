import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DuckDBConnection, DuckDBType, DuckDBValue, DuckDBVector } from '@duckdb/node-api'
import { invalid } from '#kernel/errors'
import { type Cell, type InputColumn, quoteName } from '#ports/frames/frames'
import type { DuckdbApi } from './engine.ts'

const rowsPerChunk = 1024
/**
 * Filling and flushing hold the event loop. So others get their turn after each chunk, some milliseconds
 * for 15 columns, and what is appended is not left for one flush at the end.
 */
const rowsPerFlush = 2 * rowsPerChunk

const nativeTypes: Readonly<Record<InputColumn['type'], string>> = {
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  number: 'DOUBLE',
  string: 'VARCHAR',
  timestamp: 'TIMESTAMP',
}

/** Creates a temporary table and fills it by chunks. NaN is a missing value, as in `numericColumns`. */
export async function writeTable(
  api: DuckdbApi,
  connection: DuckDBConnection,
  name: string,
  columns: readonly InputColumn[],
): Promise<void> {
  const rows = rowCount(name, columns)
  const fields = columns.map((column) => `${quoteName(column.name)} ${nativeTypes[column.type]}`)
  await connection.run(`CREATE TEMP TABLE ${quoteName(name)} (${fields.join(', ')})`)
  const types = columns.map((column) => typeOf(api, column.type))
  const converters = columns.map((column) => converterOf(api, column.type))
  const appender = await connection.createAppender(name, 'main', 'temp')
  try {
    for (let start = 0; start < rows; start += rowsPerChunk) {
      const count = Math.min(rowsPerChunk, rows - start)
      const chunk = api.DuckDBDataChunk.create(types, count)
      columns.forEach((column, i) => {
        fill(chunk.getColumnVector(i), column, converters[i] as Converter, start, count)
      })
      appender.appendDataChunk(chunk)
      if ((start + count) % rowsPerFlush === 0) appender.flushSync()
      await nextTurn()
    }
    appender.closeSync()
  } catch (thrown) {
    appender.clear()
    await connection.run(`DROP TABLE ${quoteName(name)}`)
    throw thrown
  }
}

function rowCount(name: string, columns: readonly InputColumn[]): number {
  const [first] = columns
  if (first === undefined) throw invalid(`Table "${name}" needs at least one column.`)
  const odd = columns.find((column) => column.values.length !== first.values.length)
  if (odd === undefined) return first.values.length
  throw invalid(
    `The columns of table "${name}" differ in length: ${first.name} has ${first.values.length} values, ` +
      `${odd.name} has ${odd.values.length}.`,
  )
}

function typeOf(api: DuckdbApi, type: InputColumn['type']): DuckDBType {
  const types = {
    boolean: api.BOOLEAN,
    integer: api.BIGINT,
    number: api.DOUBLE,
    string: api.VARCHAR,
    timestamp: api.TIMESTAMP,
  }
  return types[type]
}

function fill(
  vector: DuckDBVector,
  column: InputColumn,
  convert: Converter,
  start: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const value = column.values[start + i]
    if (value === null || value === undefined || Number.isNaN(value)) {
      vector.setItem(i, null)
      continue
    }
    const converted = convert(value)
    if (converted === undefined) throw wrongCell(column, value, start + i)
    vector.setItem(i, converted)
  }
  vector.flush()
}

/** Gives undefined for a value that is not of the column's type. */
type Converter = (value: Exclude<Cell, null>) => DuckDBValue | undefined

/** The instants that a JavaScript date can hold. */
const latestMillis = 8.64e15

function converterOf(api: DuckdbApi, type: InputColumn['type']): Converter {
  const converters: Record<InputColumn['type'], Converter> = {
    boolean: (value) => (typeof value === 'boolean' ? value : undefined),
    integer: (value) => (Number.isSafeInteger(value) ? BigInt(value) : undefined),
    number: (value) => (typeof value === 'number' ? value : undefined),
    string: (value) => (typeof value === 'string' ? value : undefined),
    timestamp: (value) =>
      typeof value === 'number' && Math.abs(value) <= latestMillis
        ? new api.DuckDBTimestampValue(BigInt(Math.round(value * 1000)))
        : undefined,
  }
  return converters[type]
}

function wrongCell(column: InputColumn, value: Cell, row: number): Error {
  const shown = JSON.stringify(value).slice(0, 60)
  return invalid(
    `Column "${column.name}" has ${shown} in row ${row}, which is not a ${column.type}.`,
  )
}
