import {
  type FrameColumn,
  type FrameSession,
  quoteName,
  type QueryOptions,
} from '#ports/frames/frames'
import {
  type ColumnEdges,
  type FileColumn,
  type FileProfile,
  quantileGrid,
  sketchSize,
  topSize,
} from './file-profile.ts'

const longestText = 200

/**
 * Measures a table, column by column: its distinct values with their counts tell all the rest.
 *
 * `source` is a FROM-clause item. Columns without edges get no histogram counts.
 */
export async function measureTable(
  session: FrameSession,
  source: string,
  edges: ColumnEdges,
  options: QueryOptions = {},
): Promise<FileProfile> {
  const columns = await session.describe(`SELECT * FROM ${source}`, options)
  const [total] = await session.rows<{ n: number }>(`SELECT count(*) AS n FROM ${source}`, options)
  const rows = total?.n ?? 0
  const measured: FileColumn[] = []
  for (const column of columns) {
    const number = numberOfColumn(column)
    measured.push(
      number === undefined
        ? await measureTexts(session, source, column, rows, options)
        : await measureNumbers(session, source, column, number, rows, edges[column.name], options),
    )
  }
  return { rows, columns: measured }
}

/** A column as DOUBLE, what is not finite as null; undefined for what is no number. */
function numberOfColumn(column: FrameColumn): string | undefined {
  const name = quoteName(column.name)
  if (column.type === 'integer') return `${name}::DOUBLE`
  if (column.type === 'timestamp') return `epoch_ms(${name}::TIMESTAMP)::DOUBLE`
  if (column.type !== 'number') return undefined
  return `CASE WHEN isfinite(${name}::DOUBLE) THEN ${name}::DOUBLE END`
}

type Measured = Record<string, number | null> & {
  quantiles: string | null
  below: string | null
  sketch: string | null
}

async function measureNumbers(
  session: FrameSession,
  source: string,
  { name, type, nativeType }: FrameColumn,
  number: string,
  rows: number,
  bounds: readonly number[] | undefined,
  options: QueryOptions,
): Promise<FileColumn> {
  const grid = quantileGrid.map((p) => `min(v) FILTER (upto >= ${p} * total)`)
  const below =
    bounds === undefined || type === 'timestamp'
      ? 'NULL'
      : `[${bounds.map((edge) => `coalesce(sum(n) FILTER (v <= '${edge}'::DOUBLE), 0)`).join(', ')}]`
  const [row] = await session.rows<Measured>(
    `WITH counted AS MATERIALIZED
       (SELECT ${number} AS v, count(*)::DOUBLE AS n, count(${quoteName(name)})::DOUBLE AS present
          FROM ${source} GROUP BY ALL),
     whole AS (SELECT sum(present) AS present, sum(n) FILTER (v IS NOT NULL) AS total,
          sum(v * n) / sum(n) FILTER (v IS NOT NULL) AS mean FROM counted),
     ordered AS (SELECT v, n, sum(n) OVER (ORDER BY v) AS upto FROM counted WHERE v IS NOT NULL),
     hashed AS (SELECT md5_number_lower(v::VARCHAR) >> 11 AS h FROM counted
          WHERE v IS NOT NULL ORDER BY h LIMIT ${sketchSize})
     SELECT first(present) AS present, first(total) AS total, first(mean) AS mean,
       min(v) AS low, max(v) AS high, count(v) AS "distinct",
       sum(n * (v - mean) * (v - mean)) AS squares,
       to_json([${grid.join(', ')}])::VARCHAR AS quantiles,
       to_json(${below})::VARCHAR AS below,
       (SELECT to_json(list(h ORDER BY h))::VARCHAR FROM hashed) AS sketch
     FROM whole LEFT JOIN ordered ON true`,
    options,
  )
  const count = row?.['total'] ?? 0
  return {
    name,
    type,
    nativeType,
    nulls: rows - (row?.['present'] ?? 0),
    minimum: row?.['low'] ?? null,
    maximum: row?.['high'] ?? null,
    count,
    mean: row?.['mean'] ?? null,
    squares: row?.['squares'] ?? 0,
    quantiles: count === 0 ? null : parseList<number>(row?.quantiles),
    counts: bounds === undefined ? null : countsBetween(parseList<number>(row?.below), count),
    distinct: row?.['distinct'] ?? 0,
    sketch: parseList<number>(row?.sketch),
    top: [],
  }
}

function countsBetween(below: readonly number[], count: number): number[] {
  return [...below, count].map((upTo, i) => upTo - (below[i - 1] ?? 0))
}

type MeasuredTexts = {
  present: number | null
  low: string | boolean | null
  high: string | boolean | null
  distinct: number
  sketch: string | null
  top: string | null
}

/** Texts and booleans by value; anything else only as far as values are equal. */
async function measureTexts(
  session: FrameSession,
  source: string,
  { name, type, nativeType }: FrameColumn,
  rows: number,
  options: QueryOptions,
): Promise<FileColumn> {
  const column = quoteName(name)
  const value = type === 'other' ? `to_json(${column})::VARCHAR` : `${column}::VARCHAR`
  const [row] = await session.rows<MeasuredTexts>(
    `WITH counted AS MATERIALIZED
       (SELECT ${value} AS v, count(*)::DOUBLE AS n FROM ${source} WHERE ${column} IS NOT NULL
          GROUP BY ALL),
     hashed AS (SELECT md5_number_lower(v) >> 11 AS h FROM counted ORDER BY h LIMIT ${sketchSize}),
     frequent AS (SELECT left(v, ${longestText}) AS v, n FROM counted ORDER BY n DESC, v
          LIMIT ${type === 'other' ? 0 : topSize})
     SELECT sum(n) AS present, left(min(v), ${longestText}) AS low,
       left(max(v), ${longestText}) AS high, count(*) AS "distinct",
       (SELECT to_json(list(h ORDER BY h))::VARCHAR FROM hashed) AS sketch,
       (SELECT to_json(list([v, n::BIGINT::VARCHAR] ORDER BY n DESC, v))::VARCHAR FROM frequent) AS top
     FROM counted`,
    options,
  )
  const typed = (text: string): string | boolean => (type === 'boolean' ? text === 'true' : text)
  const bound = (text: string | boolean | null | undefined): string | boolean | null =>
    typeof text === 'string' && type !== 'other' ? typed(text) : null
  return {
    name,
    type,
    nativeType,
    nulls: rows - (row?.present ?? 0),
    minimum: bound(row?.low),
    maximum: bound(row?.high),
    count: 0,
    mean: null,
    squares: 0,
    quantiles: null,
    counts: null,
    distinct: row?.distinct ?? 0,
    sketch: parseList<number>(row?.sketch),
    top: parseList<[string, string]>(row?.top).map(([v, n]) => [typed(v), Number(n)]),
  }
}

function parseList<T>(text: string | null | undefined): T[] {
  return text === null || text === undefined ? [] : ((JSON.parse(text) as T[] | null) ?? [])
}
