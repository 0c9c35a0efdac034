import { type FrameColumn, type FrameSession, quoteName } from '#ports/frames/frames'
import {
  type ColumnEdges,
  type FileColumn,
  type FileProfile,
  quantileGrid,
  sketchSize,
  topSize,
} from './file-profile.ts'

type Row = Record<string, null | boolean | number | string>

/** Above this many rows quantiles are approximated: exact ones keep every value in memory. */
const exactRows = 5_000_000
const longestText = 200

/**
 * Measures a table: one pass for all columns, then one over each column's distinct values.
 *
 * `source` is a FROM-clause item. Columns without edges get no histogram counts.
 */
export async function measureTable(
  session: FrameSession,
  source: string,
  edges: ColumnEdges,
): Promise<FileProfile> {
  const columns = await session.describe(`SELECT * FROM ${source}`)
  const [total] = await session.rows<{ n: number }>(`SELECT count(*) AS n FROM ${source}`)
  const rows = total?.n ?? 0
  const items = columns.flatMap((column, i) => measureItems(column, i, edges, rows))
  const [measured] = await session.rows(`SELECT ${items.join(', ')} FROM ${source}`)
  const values: Row = measured ?? {}
  const result: FileColumn[] = []
  for (const [i, column] of columns.entries()) {
    const distinct = await measureDistinct(session, source, column)
    result.push({ ...readMeasured(column, values, i, rows), ...distinct })
  }
  return { rows, columns: result }
}

/** A column as DOUBLE, what is not finite as null; undefined for what is no number. */
export function numberOfColumn(column: FrameColumn): string | undefined {
  const name = quoteName(column.name)
  if (column.type === 'integer') return `${name}::DOUBLE`
  if (column.type === 'timestamp') return `epoch_ms(${name}::TIMESTAMP)::DOUBLE`
  if (column.type !== 'number') return undefined
  return `CASE WHEN isfinite(${name}::DOUBLE) THEN ${name}::DOUBLE END`
}

function measureItems(column: FrameColumn, i: number, edges: ColumnEdges, rows: number): string[] {
  const name = quoteName(column.name)
  const items = [`count(${name}) AS present${i}`]
  const number = numberOfColumn(column)
  if (column.type === 'string') {
    items.push(`left(min(${name}::VARCHAR), ${longestText}) AS low${i}`)
    items.push(`left(max(${name}::VARCHAR), ${longestText}) AS high${i}`)
  } else if (column.type === 'boolean') {
    items.push(`min(${name}) AS low${i}`, `max(${name}) AS high${i}`)
  }
  if (number === undefined) return items
  const quantile = rows > exactRows ? 'approx_quantile' : 'quantile_cont'
  items.push(
    `count(${number}) AS count${i}`,
    `min(${number}) AS low${i}`,
    `max(${number}) AS high${i}`,
    `avg(${number}) AS mean${i}`,
    `var_pop(${number}) AS variance${i}`,
    `to_json(${quantile}(${number}, [${quantileGrid.join(', ')}]))::VARCHAR AS quantiles${i}`,
  )
  const bounds = edges[column.name]
  if (bounds !== undefined && column.type !== 'timestamp') {
    const below = bounds.map((edge) => `count_if(${number} <= ${sqlNumber(edge)})`)
    items.push(`to_json([${below.join(', ')}])::VARCHAR AS below${i}`)
  }
  return items
}

function sqlNumber(value: number): string {
  return `'${value}'::DOUBLE`
}

function readMeasured(
  { name, type, nativeType }: FrameColumn,
  row: Row,
  i: number,
  rows: number,
): Omit<FileColumn, 'distinct' | 'sketch' | 'top'> {
  const count = (row[`count${i}`] as number | undefined) ?? 0
  const quantiles = row[`quantiles${i}`] as string | null | undefined
  const below = row[`below${i}`] as string | null | undefined
  return {
    name,
    type,
    nativeType,
    nulls: rows - (row[`present${i}`] as number),
    minimum: row[`low${i}`] ?? null,
    maximum: row[`high${i}`] ?? null,
    count,
    mean: (row[`mean${i}`] as number | null | undefined) ?? null,
    squares: ((row[`variance${i}`] as number | null | undefined) ?? 0) * count,
    quantiles: quantiles === null || quantiles === undefined ? null : JSON.parse(quantiles),
    counts: below === null || below === undefined ? null : countsBetween(JSON.parse(below), count),
  }
}

function countsBetween(below: readonly number[], count: number): number[] {
  return [...below, count].map((upTo, i) => upTo - (below[i - 1] ?? 0))
}

async function measureDistinct(
  session: FrameSession,
  source: string,
  column: FrameColumn,
): Promise<Pick<FileColumn, 'distinct' | 'sketch' | 'top'>> {
  const name = quoteName(column.name)
  const counted = column.type === 'string' || column.type === 'boolean'
  const text = column.type === 'other' ? `to_json(${name})::VARCHAR` : name
  const top = counted
    ? `(SELECT to_json(list([left(v::VARCHAR, ${longestText}), n::VARCHAR] ORDER BY n DESC, v))::VARCHAR
        FROM (SELECT v, n FROM counted ORDER BY n DESC, v LIMIT ${topSize}))`
    : 'NULL::VARCHAR'
  const [row] = await session.rows<{ n: number; sketch: string | null; top: string | null }>(
    `WITH counted AS MATERIALIZED
       (SELECT ${text} AS v, count(*) AS n FROM ${source} WHERE ${name} IS NOT NULL GROUP BY ALL)
     SELECT (SELECT count(*) FROM counted) AS n,
       (SELECT to_json(list(h ORDER BY h))::VARCHAR FROM
         (SELECT md5_number_lower(v::VARCHAR) >> 11 AS h FROM counted ORDER BY h LIMIT ${sketchSize})
       ) AS sketch,
       ${top} AS top`,
  )
  const pairs = parseList<[string, string]>(row?.top)
  return {
    distinct: row?.n ?? 0,
    sketch: parseList<number>(row?.sketch),
    top: pairs.map(([value, count]) => [
      column.type === 'boolean' ? value === 'true' : value,
      Number(count),
    ]),
  }
}

function parseList<T>(text: string | null | undefined): T[] {
  return text === null || text === undefined ? [] : (JSON.parse(text) as T[])
}
