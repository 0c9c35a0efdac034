import type { ColumnType, FrameColumn } from '#ports/frames/frames'

const types: readonly [RegExp, ColumnType][] = [
  [/^BOOLEAN$/, 'boolean'],
  [/^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/, 'integer'],
  [/^(FLOAT|DOUBLE|DECIMAL\(\d+,\d+\))$/, 'number'],
  [/^(VARCHAR|UUID|ENUM\(.*\))$/s, 'string'],
  [/^(DATE|TIMESTAMP(_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE)$/, 'timestamp'],
]
const wide = /^(U?BIGINT|U?HUGEINT|UINTEGER)$/
const nested = /^(STRUCT|MAP|UNION)\(|\[\d*\]$/

/** What a column of the engine's type is to us. */
export function columnType(nativeType: string): ColumnType {
  return types.find(([pattern]) => pattern.test(nativeType))?.[1] ?? 'other'
}

/**
 * The SQL that turns a column into a boolean, a double or a text, the only three that are read:
 * whole vectors of them cross over without an object for each value.
 */
export function cellExpression(name: string, column: FrameColumn): string {
  switch (column.type) {
    case 'boolean':
      return name
    case 'integer':
      return wide.test(column.nativeType) ? exactDouble(name) : `${name}::DOUBLE`
    case 'number':
      return `${name}::DOUBLE`
    case 'timestamp':
      return `epoch_ms(${column.nativeType === 'DATE' ? `${name}::TIMESTAMP` : name})::DOUBLE`
    case 'string':
      return `${name}::VARCHAR`
    case 'other':
      return nested.test(column.nativeType) ? `to_json(${name})::VARCHAR` : `${name}::VARCHAR`
  }
}

/** As a number; nulls as NaN. Undefined for what is no number. */
export function numericExpression(name: string, column: FrameColumn): string | undefined {
  if (column.type === 'string' || column.type === 'other') return undefined
  const cell = column.type === 'boolean' ? `${name}::DOUBLE` : cellExpression(name, column)
  return `coalesce(${cell}, 'NaN'::DOUBLE)`
}

const limit = Number.MAX_SAFE_INTEGER

function exactDouble(name: string): string {
  const message = 'an integer is beyond 2^53; cast its column to DOUBLE or VARCHAR in the query'
  return `if(${name} > ${limit} OR ${name} < -${limit}, error('${message}'), ${name}::DOUBLE)`
}
