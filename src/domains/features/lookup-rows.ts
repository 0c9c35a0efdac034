import { invalid } from '#kernel/errors'
import { parseInstant } from '#kernel/time'
import type { Value } from '#science/expression/ast'
import type { RequestColumn, ServiceDefinition } from './definition.ts'
import { featureNames } from './definition.ts'
import type { LoadedView } from './load-online.ts'
import { entityKey } from './online-format.ts'

/** Columns of a request by name; null for a value that is not there. */
export type RequestColumns = Readonly<Record<string, ArrayLike<string | number | boolean | null>>>

/** A service that is ready for lookups. */
export interface PreparedService {
  definition: ServiceDefinition
  version: string
  views: readonly LoadedView[]
  /** One per expression of the service. */
  expressions: readonly ((row: Readonly<Record<string, Value>>) => Value)[]
}

export interface LookedUp {
  names: readonly string[]
  /** One column per name; NaN where a value is not known. */
  columns: readonly Float64Array[]
  /** Values that are not known, per name. */
  missing: readonly number[]
  rows: number
}

/**
 * Features of a batch, without waiting. `now` counts where neither timestamps nor the request say as
 * of when. Errors: `invalid` names the column, and the row from 0.
 */
export function lookupRows(
  service: PreparedService,
  columns: RequestColumns,
  timestamps: ArrayLike<number> | undefined,
  now: number,
): LookedUp {
  const { definition } = service
  const rows = countRows(definition, columns, timestamps)
  const request = readRequest(definition, columns, timestamps, rows)
  const at = momentsOf(definition, request, timestamps, rows, now)
  const names = featureNames(definition)
  const output = names.map(() => new Float64Array(rows))
  let first = 0
  for (const view of service.views) {
    const count = view.definition.features.length
    readView(view, columns, at, output.slice(first, first + count))
    first += count
  }
  if (service.expressions.length > 0) evaluate(service, request, output, rows)
  return { names, columns: output, missing: output.map(countMissing), rows }
}

function countRows(
  { keys, request, timestamp }: ServiceDefinition,
  columns: RequestColumns,
  timestamps: ArrayLike<number> | undefined,
): number {
  const needed = [...keys, ...request.map(({ name }) => name)]
  let rows = timestamps?.length
  for (const name of needed) {
    const column = columns[name]
    if (column === undefined) {
      if (name === timestamp && timestamps !== undefined) continue
      throw invalid(`The request lacks the column "${name}". It needs: ${needed.join(', ')}.`)
    }
    rows ??= column.length
    if (column.length !== rows) {
      throw invalid(`Column "${name}" has ${column.length} values, others have ${rows}.`)
    }
  }
  return rows ?? 0
}

type TypedColumns = Record<string, ArrayLike<Value>>

function readRequest(
  { request, timestamp }: ServiceDefinition,
  columns: RequestColumns,
  timestamps: ArrayLike<number> | undefined,
  rows: number,
): TypedColumns {
  const typed: TypedColumns = {}
  for (const column of request) {
    const given = columns[column.name] ?? (column.name === timestamp ? timestamps : undefined)
    if (given !== undefined) typed[column.name] = readColumn(column, given, rows)
  }
  return typed
}

const typeNames = { number: 'number', boolean: 'boolean', string: 'string', timestamp: 'number' }

function readColumn(
  { name, type }: RequestColumn,
  given: ArrayLike<string | number | boolean | null>,
  rows: number,
): ArrayLike<Value> {
  const wanted = typeNames[type]
  const values = new Array<Value>(rows)
  for (let i = 0; i < rows; i++) {
    const value = given[i] ?? null
    if (value === null || Number.isNaN(value)) values[i] = null
    else if (typeof value === wanted)
      values[i] = type === 'timestamp' ? Math.floor(value as number) : value
    else if (type === 'timestamp' && typeof value === 'string')
      values[i] = readInstant(name, value, i)
    else {
      throw invalid(
        `Column "${name}" has ${JSON.stringify(value)} in row ${i}; it must be a ${type}${type === 'timestamp' ? ' (milliseconds or ISO 8601)' : ''}.`,
      )
    }
  }
  return values
}

function readInstant(name: string, text: string, row: number): number {
  try {
    return parseInstant(text)
  } catch {
    throw invalid(
      `Column "${name}" has ${JSON.stringify(text.slice(0, 100))} in row ${row}, which is no time.`,
    )
  }
}

function momentsOf(
  { timestamp }: ServiceDefinition,
  request: TypedColumns,
  timestamps: ArrayLike<number> | undefined,
  rows: number,
  now: number,
): Float64Array {
  const moments = new Float64Array(rows)
  const column = request[timestamp]
  for (let i = 0; i < rows; i++) {
    const given = timestamps === undefined ? column?.[i] : timestamps[i]
    moments[i] = typeof given === 'number' ? Math.floor(given) : column === undefined ? now : NaN
  }
  return moments
}

/** Of a missing key, and at no time, nothing is known. */
function readView(
  view: LoadedView,
  columns: RequestColumns,
  at: Float64Array,
  output: readonly Float64Array[],
): void {
  const keys = view.definition.keys.map((key) => columns[key] as ArrayLike<string | number | null>)
  const [only] = keys
  for (let i = 0; i < at.length; i++) {
    const t = at[i] as number
    const entity = keys.length === 1 && only !== undefined ? textOf(only[i]) : entityOf(keys, i)
    const values = entity === undefined || Number.isNaN(t) ? undefined : view.read(entity, t)
    for (let f = 0; f < output.length; f++) {
      ;(output[f] as Float64Array)[i] = values === undefined ? NaN : (values[f] as number)
    }
  }
}

function textOf(value: string | number | boolean | null | undefined): string | undefined {
  if (typeof value === 'string') return value
  return value === null || value === undefined ? undefined : String(value)
}

function entityOf(
  keys: readonly ArrayLike<string | number | null>[],
  row: number,
): string | undefined {
  const texts: string[] = []
  for (const key of keys) {
    const text = textOf(key[row])
    if (text === undefined) return undefined
    texts.push(text)
  }
  return entityKey(texts)
}

function evaluate(
  { definition, expressions }: PreparedService,
  request: TypedColumns,
  output: readonly Float64Array[],
  rows: number,
): void {
  const first = definition.viewFeatures.length
  const row: Record<string, Value> = {}
  const given = Object.entries(request)
  for (let i = 0; i < rows; i++) {
    for (const [name, column] of given) row[name] = column[i] ?? null
    for (let f = 0; f < first; f++) {
      const value = (output[f] as Float64Array)[i] as number
      row[definition.viewFeatures[f]?.name ?? ''] = Number.isNaN(value) ? null : value
    }
    for (let e = 0; e < expressions.length; e++) {
      const value = expressions[e]?.(row) ?? null
      ;(output[first + e] as Float64Array)[i] = value === null ? NaN : Number(value)
    }
  }
}

function countMissing(column: Float64Array): number {
  let missing = 0
  for (const value of column) if (Number.isNaN(value)) missing++
  return missing
}
