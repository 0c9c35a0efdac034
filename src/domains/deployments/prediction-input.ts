import { invalid } from '#kernel/errors'
import { parseInstant } from '#kernel/time'
import type { InputColumn } from './endpoint.ts'
import type { RequestColumns } from './feature-source.ts'

export type InputValue = string | number | boolean | null

/** What requests look like. */
export interface InputShape {
  /** In the order of the model's input. */
  features: readonly string[]
  input: readonly InputColumn[]
  /** The request column that says as of when. */
  timestamp: string | null
}

export interface PredictInput {
  rows?: readonly Readonly<Record<string, InputValue>>[] | undefined
  columns?: Readonly<Record<string, readonly InputValue[]>> | undefined
  /** Feature values by row, in the order of the model's input. */
  input?: readonly (readonly (number | null)[])[] | undefined
  /** The same as one row-major tensor. */
  tensor?: { values: Float32Array; rows: number } | undefined
  ids?: readonly string[] | undefined
  at?: number | string | readonly (number | string)[] | undefined
  unit?: string | undefined
  units?: readonly string[] | undefined
}

/** The rows of a request: either columns to make features of, or the features themselves. */
export interface RowBatch {
  count: number
  columns: RequestColumns | null
  tensor: Float32Array | null
}

/** Reads the rows of a request. Errors: `invalid` names the row and the column. */
export function readRows(shape: InputShape, request: PredictInput): RowBatch {
  const given = [request.rows, request.columns, request.input, request.tensor]
  if (given.filter((part) => part !== undefined).length !== 1) {
    throw invalid('Give the rows in exactly one of "rows", "columns" and "input".')
  }
  const batch = readGiven(shape, request)
  if (batch.count === 0) throw invalid('There is no row to predict for.')
  if (batch.count > 1_000_000) throw invalid('At most 1,000,000 rows fit in a request.')
  return batch
}

function readGiven(shape: InputShape, request: PredictInput): RowBatch {
  if (request.rows !== undefined) {
    return {
      count: request.rows.length,
      columns: columnsFromRows(shape.input, request.rows),
      tensor: null,
    }
  }
  if (request.columns !== undefined) return checkColumns(shape.input, request.columns)
  if (request.tensor !== undefined) return checkTensor(shape, request.tensor)
  return tensorFromRows(shape, request.input ?? [])
}

function checkTensor(shape: InputShape, tensor: { values: Float32Array; rows: number }): RowBatch {
  const width = shape.features.length
  if (tensor.values.length !== tensor.rows * width) {
    throw invalid(
      `The model takes ${width} features per row (${shape.features.join(', ')}); ` +
        `${tensor.values.length} values do not make ${tensor.rows} rows of them.`,
    )
  }
  return { count: tensor.rows, columns: null, tensor: tensor.values }
}

function tensorFromRows(
  shape: InputShape,
  rows: readonly (readonly (number | null)[])[],
): RowBatch {
  const width = shape.features.length
  const tensor = new Float32Array(rows.length * width)
  rows.forEach((row, i) => {
    if (row.length !== width) {
      throw invalid(
        `Row ${i} has ${row.length} values; the model takes ${width}: ${shape.features.join(', ')}.`,
      )
    }
    for (let j = 0; j < width; j++) tensor[i * width + j] = row[j] ?? Number.NaN
  })
  return { count: rows.length, columns: null, tensor }
}

function columnsFromRows(
  input: readonly InputColumn[],
  rows: readonly Readonly<Record<string, InputValue>>[],
): RequestColumns {
  const known = new Set(input.map((column) => column.name))
  rows.forEach((row, i) => {
    for (const name in row) if (!known.has(name)) throw unknownColumn(name, input, ` in row ${i}`)
  })
  return Object.fromEntries(
    input.map((column) => [
      column.name,
      convertColumn(
        column,
        rows.map((row) => row[column.name]),
      ),
    ]),
  )
}

function checkColumns(
  input: readonly InputColumn[],
  columns: Readonly<Record<string, readonly InputValue[]>>,
): RowBatch {
  const known = new Map(input.map((column) => [column.name, column]))
  const names = Object.keys(columns)
  const unknown = names.find((name) => !known.has(name))
  if (unknown !== undefined) throw unknownColumn(unknown, input, '')
  const count = columns[names[0] ?? '']?.length ?? 0
  const odd = names.find((name) => columns[name]?.length !== count)
  if (odd !== undefined) {
    throw invalid(
      `The columns differ in length: ${names[0]} has ${count} values, ${odd} has ${columns[odd]?.length}.`,
    )
  }
  const converted = input.map((column) => [
    column.name,
    convertColumn(column, columns[column.name] ?? new Array<undefined>(count).fill(undefined)),
  ])
  return {
    count,
    columns: Object.fromEntries(converted) as RequestColumns,
    tensor: null,
  }
}

function unknownColumn(name: string, input: readonly InputColumn[], where: string): Error {
  return invalid(
    `There is no input column ${JSON.stringify(name.slice(0, 100))}${where}. ` +
      `A row has: ${input.map((column) => column.name).join(', ')}.`,
  )
}

function convertColumn(
  column: InputColumn,
  values: readonly (InputValue | undefined)[],
): ArrayLike<string | number | boolean | null> {
  if (column.type === 'number') return numbers(column, values)
  if (column.type === 'timestamp') return instants(column, values)
  return values.map((value, row) => {
    if (value === undefined || value === null) {
      if (column.kind === 'key') throw wrongValue(column, value ?? null, row)
      return null
    }
    if (typeof value === column.type) return value
    // Keys such as flight numbers may be written either way.
    if (column.type === 'string' && typeof value === 'number') return String(value)
    throw wrongValue(column, value, row)
  })
}

function numbers(column: InputColumn, values: readonly (InputValue | undefined)[]): Float64Array {
  const converted = new Float64Array(values.length)
  for (let row = 0; row < values.length; row++) {
    const value = values[row]
    if (typeof value === 'number') converted[row] = value
    else if (value === undefined || value === null) converted[row] = Number.NaN
    else if (typeof value === 'boolean') converted[row] = value ? 1 : 0
    else throw wrongValue(column, value, row)
  }
  return converted
}

function instants(column: InputColumn, values: readonly (InputValue | undefined)[]): Float64Array {
  const converted = new Float64Array(values.length)
  for (let row = 0; row < values.length; row++) {
    const value = values[row]
    if (typeof value === 'number') converted[row] = value
    else if (typeof value === 'string') converted[row] = parseInstant(value)
    else if (value === undefined || value === null) converted[row] = Number.NaN
    else throw wrongValue(column, value, row)
  }
  return converted
}

function wrongValue(column: InputColumn, value: InputValue, row: number): Error {
  return invalid(
    `Column "${column.name}" has ${JSON.stringify(value).slice(0, 60)} in row ${row}; it takes a ${column.type}.`,
  )
}

/** Event times: what was given, else the request's own time column, else now. */
export function readTimes(
  shape: InputShape,
  batch: RowBatch,
  at: PredictInput['at'],
  now: number,
): Float64Array {
  const { count } = batch
  if (Array.isArray(at)) {
    if (at.length !== count) throw invalid(`"at" has ${at.length} times for ${count} rows.`)
    return Float64Array.from(at as readonly (number | string)[], instantOf)
  }
  if (at !== undefined) return new Float64Array(count).fill(instantOf(at as number | string))
  const own = shape.timestamp === null ? undefined : batch.columns?.[shape.timestamp]
  if (own === undefined) return new Float64Array(count).fill(now)
  return Float64Array.from({ length: count }, (_, row) => {
    const value = own[row]
    return typeof value === 'number' && !Number.isNaN(value) ? value : now
  })
}

/** The instants that a date can hold. */
const latest = 8.64e15

function instantOf(at: number | string): number {
  const instant = typeof at === 'number' ? at : parseInstant(at)
  if (Math.abs(instant) <= latest) return Math.round(instant)
  throw invalid(`${at} is not a time in milliseconds since 1970.`)
}

/** One id per row: the caller's, or `<request>-<row>`. Errors: `invalid` for a wrong count. */
export function readIds(
  ids: readonly string[] | undefined,
  requestId: string,
  count: number,
): readonly string[] {
  if (ids === undefined) {
    if (count === 1) return [`${requestId}-0`]
    return Array.from({ length: count }, (_, row) => `${requestId}-${row}`)
  }
  if (ids.length !== count) throw invalid(`"ids" has ${ids.length} ids for ${count} rows.`)
  return ids
}

/** What each row is assigned by. */
export function readUnits(
  request: PredictInput,
  ids: readonly string[],
): string | readonly string[] {
  if (request.unit !== undefined) return request.unit
  if (request.units === undefined) return ids
  if (request.units.length === ids.length) return request.units
  throw invalid(`"units" has ${request.units.length} texts for ${ids.length} rows.`)
}
