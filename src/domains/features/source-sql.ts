import { type FrameColumn, quoteName } from '#ports/frames/frames'
import { invalid } from '#kernel/errors'
import type { ViewDefinition } from './definition.ts'
import { expressionToSql } from '#science/expression/to-sql'
import type { PlannedExpression } from './view-plan.ts'
import { largestNumber } from './view-plan.ts'

/** A column as expressions know it: DOUBLE, BOOLEAN, VARCHAR or TIMESTAMP. */
export function typedColumn(columns: readonly FrameColumn[]): (name: string) => string {
  return (name) => {
    const column = columns.find((candidate) => candidate.name === name)
    if (column === undefined) throw invalid(`There is no column "${name}" in the data.`)
    return castColumn(quoteName(name), column.type)
  }
}

export function castColumn(sql: string, type: FrameColumn['type']): string {
  switch (type) {
    case 'integer':
    case 'number':
      return `CAST(${sql} AS DOUBLE)`
    case 'timestamp':
      return `CAST(${sql} AS TIMESTAMP)`
    case 'boolean':
      return sql
    case 'string':
    case 'other':
      return `CAST(${sql} AS VARCHAR)`
  }
}

/** Milliseconds of a column of time. */
export function millisOf(name: string): string {
  return `epoch_ms(CAST(${quoteName(name)} AS TIMESTAMP))`
}

/** Milliseconds as the engine's TIMESTAMP. */
export function timestampOf(millis: string): string {
  return `make_timestamp(CAST(${millis} AS BIGINT) * 1000)`
}

/**
 * Rows of a view's source as it needs them: keys as text `k0…`, `ts` and `known` in milliseconds,
 * expressions `e0…`. Rows without key or time belong to nothing and are left out.
 */
export function sourceRows(
  view: ViewDefinition,
  columns: readonly FrameColumn[],
  expressions: readonly PlannedExpression[],
  source: string,
  range: { from: number | null; to: number | null },
): string {
  const column = typedColumn(columns)
  const items = [
    ...view.keys.map((key, i) => `CAST(${quoteName(key)} AS VARCHAR) AS k${i}`),
    `${millisOf(view.timestamp)} AS ts`,
    `${millisOf(view.knownAt)} AS known`,
    ...expressions.map((expression, i) => `${valueSql(expression, column)} AS e${i}`),
  ]
  const at = quoteName(view.timestamp)
  const conditions = [
    ...[...view.keys, view.timestamp, view.knownAt].map((name) => `${quoteName(name)} IS NOT NULL`),
    ...(range.from === null ? [] : [`${at} >= ${timestampOf(String(range.from))}`]),
    ...(range.to === null ? [] : [`${at} <= ${timestampOf(String(range.to))}`]),
  ]
  return `SELECT ${items.join(', ')} FROM ${source} WHERE ${conditions.join(' AND ')}`
}

/** Booleans stay so; anything else becomes a finite DOUBLE or null. Adding 0 turns -0 into 0. */
function valueSql({ ast, type }: PlannedExpression, column: (name: string) => string): string {
  const sql = expressionToSql(ast, column)
  if (type === 'boolean') return sql
  if (type === 'string') return `CASE WHEN (${sql}) IS NOT NULL THEN 0e0 END`
  const number =
    type === 'timestamp' ? `CAST(epoch_ms(${sql}) AS DOUBLE)` : `CAST(${sql} AS DOUBLE)`
  return `CASE WHEN abs(${number}) < '${largestNumber}'::DOUBLE THEN ${number} + 0e0 END`
}

/** `k0, k1, …`, perhaps of a table. */
export function keyList(keys: readonly string[], table?: string): string {
  return keys.map((_, i) => `${table === undefined ? '' : `${table}.`}k${i}`).join(', ')
}
