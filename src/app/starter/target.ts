import { invalid } from '#kernel/errors'
import { type FrameColumn, type FrameSession, quoteName, quoteText } from '#ports/frames/frames'
import type { ValueType } from '#science/expression/ast'
import { checkExpression } from '#science/expression/check'
import { parseExpression } from '#science/expression/parse'
import { expressionToSql } from '#science/expression/to-sql'

/** What is to be predicted: a yes or no, by name, as an expression over columns. */
export interface Target {
  name: string
  expression: string
}

/** A table on this machine, as a query reads it. */
export interface Table {
  path: string
  /** For a FROM clause. */
  scan: string
  columns: readonly FrameColumn[]
}

/** Reads `late=delay > 15`, or the name of a column, which then must be 0 or 1. */
export function parseTarget(text: string): Target {
  const match = /^([\p{L}_][\p{L}\p{N}_]*)\s*=(?!=)\s*(.+)$/su.exec(text.trim())
  if (match?.[1] !== undefined && match[2] !== undefined) {
    return { name: match[1], expression: match[2] }
  }
  return { name: text, expression: quoteName(text) }
}

/** The target as SQL that gives 1, 0 or null. Errors: `invalid` for unknown columns and wrong types. */
export function targetSql(target: Target, { columns }: Table): string {
  const expression = parseExpression(target.expression)
  const type = checkExpression(expression, columnTypes(columns))
  if (type !== 'boolean' && type !== 'number') {
    throw invalid(`The target ${target.name} is a ${type}; it must be true or false, or 1 or 0.`)
  }
  return `CAST(${expressionToSql(expression, quoteName)} AS INTEGER)`
}

/**
 * What a user who names a column means: the column itself if it is 0 or 1, or of two texts the later
 * one in the alphabet (yes rather than no). Errors: `invalid` says what to write instead.
 */
export async function guessTarget(
  session: FrameSession,
  table: Table,
  text: string,
): Promise<Target> {
  const column = table.columns.find(({ name }) => name === text)
  if (column === undefined) {
    if (text.includes('=')) return checkedTarget(parseTarget(text), table)
    throw invalid(
      `${table.path} has no column "${text}". It has: ${table.columns.map(({ name }) => name).join(', ')}.`,
    )
  }
  const name = quoteName(column.name)
  const rows = await session.rows<{ value: string }>(
    `SELECT DISTINCT CAST(${name} AS VARCHAR) AS value FROM ${table.scan} WHERE ${name} IS NOT NULL ORDER BY 1 LIMIT 3`,
  )
  const values = rows.map(({ value }) => value)
  if (values.length !== 2) throw await notBinary(session, table, column, values)
  if (column.type === 'boolean' || values.every((value) => value === '0' || value === '1')) {
    return { name: column.name, expression: name }
  }
  if (column.type !== 'string') throw await notBinary(session, table, column, values)
  return { name: 'target', expression: `${name} = ${quoteText(values[1] ?? '')}` }
}

/** An expression is tried before it is written into files. */
function checkedTarget(target: Target, table: Table): Target {
  targetSql(target, table)
  return target
}

async function notBinary(
  session: FrameSession,
  { scan }: Table,
  { name, type }: FrameColumn,
  values: readonly string[],
): Promise<Error> {
  const shown = /^[a-z_]\w*$/i.test(name) ? name : quoteName(name)
  const [middle] =
    type === 'number' || type === 'integer'
      ? await session.rows<{ median: number }>(
          `SELECT CAST(median(${quoteName(name)}) AS DOUBLE) AS median FROM ${scan}`,
        )
      : []
  const example =
    middle === undefined ? `${shown} = '${values[0] ?? ''}'` : `${shown} > ${middle.median}`
  const has =
    values.length > 2
      ? 'more than two values'
      : values.length === 2
        ? `the values ${values.join(' and ')}`
        : `only the value ${values[0] ?? '(none)'}`
  return invalid(
    `"${name}" has ${has}, and what is learned is a yes or no. Say which: --target "target=${example}".`,
  )
}

export function columnTypes(columns: readonly FrameColumn[]): Record<string, ValueType> {
  const known = columns.filter(({ type }) => type !== 'other')
  return Object.fromEntries(
    known.map(({ name, type }) => [name, type === 'integer' ? 'number' : (type as ValueType)]),
  )
}
