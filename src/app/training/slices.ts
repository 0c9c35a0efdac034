import { invalid } from '#kernel/errors'
import { type FrameColumn, type FrameSession, quoteName } from '#ports/frames/frames'
import type { Expression, ValueType } from '#science/expression/ast'
import { checkExpression } from '#science/expression/check'
import { parseExpression } from '#science/expression/parse'
import { expressionToSql } from '#science/expression/to-sql'
import type { DataFile } from './training-data.ts'

/** A way to divide rows: the label of every row. */
export interface Division {
  name: string
  labels: string[]
  /** The order that labels have by nature: of buckets, from low to high. */
  order: readonly string[]
}

/**
 * Divides rows by `name=expression`, in the language of features. Buckets are labelled by their
 * bounds. Errors: `invalid` for a wrong expression, or one with more than 200 values.
 */
export async function divideRows(
  session: FrameSession,
  file: DataFile,
  definition: string,
): Promise<Division> {
  const at = definition.indexOf('=')
  const name = definition.slice(0, at).trim()
  if (at < 1 || name === '') {
    throw invalid(`"${definition}" does not say how to divide rows. Write name=expression.`)
  }
  const expression = parseExpression(definition.slice(at + 1))
  checkExpression(expression, columnTypes(file.columns))
  const sql = expressionToSql(expression, quoteName)
  const read = await session.columns(
    `SELECT CAST(${sql} AS VARCHAR) AS label FROM ${session.scan([file.path])}`,
  )
  const titles = bucketTitles(expression) ?? []
  const labels = (read['label'] ?? []).map((value) => titleOf(value, titles))
  const distinct = new Set(labels).size
  if (distinct <= 200) return { name, labels, order: titles }
  throw invalid(
    `"${name}" divides the rows into ${distinct} parts; at most 200 can be judged. Use bucket(…).`,
  )
}

function columnTypes(columns: readonly FrameColumn[]): Record<string, ValueType> {
  return Object.fromEntries(
    columns.flatMap(({ name, type }): [string, ValueType][] => {
      if (type === 'other') return []
      return [[name, type === 'integer' ? 'number' : type]]
    }),
  )
}

/** What the numbers of a bucket mean; undefined: the expression is something else. */
function bucketTitles(expression: Expression): string[] | undefined {
  if (expression.kind !== 'bucket') return undefined
  const { edges } = expression
  const shown = edges.map((edge) => edge.toLocaleString('en-US'))
  return [
    `below ${shown[0] ?? ''}`,
    ...shown.slice(1).map((upper, i) => `${shown[i] ?? ''} to ${upper}`),
    `${shown.at(-1) ?? ''} and more`,
  ]
}

function titleOf(value: unknown, titles: readonly string[]): string {
  if (value === null || value === undefined) return 'unknown'
  const text = String(value as string)
  return titles[Number(text)] ?? text
}

/** The rows of each label, in the order of the labels. */
export function rowsByLabel({ labels, order }: Division): [string, number[]][] {
  const rows = new Map<string, number[]>()
  labels.forEach((label, row) => {
    const list = rows.get(label)
    if (list === undefined) rows.set(label, [row])
    else list.push(row)
  })
  return [...rows].sort(
    ([a], [b]) =>
      order.indexOf(a) - order.indexOf(b) || a.localeCompare(b, 'en', { numeric: true }),
  )
}
