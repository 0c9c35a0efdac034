import { type FrameSession, quoteName } from '#ports/frames/frames'

/** A column to count, and the edges of its buckets: bucket i is [edge i-1, edge i). */
export interface BucketColumn {
  /** The name that the counts come back under. */
  name: string
  /** The column in `from`. */
  source: string
  edges: readonly number[]
  /** Models see 32-bit floats, and their edges are such: values must be rounded alike. */
  rounded: boolean
}

export interface DayCounts {
  /** Begin of the day. */
  day: number
  rows: number
  /** By column: rows per bucket, and at the end the rows without a value. */
  counts: Record<string, number[]>
}

const dayMs = 86_400_000
/** More parts than this make a query slow to plan. */
const columnsPerQuery = 40

/**
 * Counts buckets of many columns by day of event time. `from` is a FROM-clause item with the column
 * event_at, `where` a condition on it.
 */
export async function countBuckets(
  session: FrameSession,
  from: string,
  where: string,
  columns: readonly BucketColumn[],
): Promise<DayCounts[]> {
  const days = new Map<number, DayCounts>()
  for (let start = 0; start < columns.length; start += columnsPerQuery) {
    const part = columns.slice(start, start + columnsPerQuery)
    await countPart(session, from, where, part, days, start === 0)
  }
  return [...days.values()].toSorted((a, b) => a.day - b.day)
}

/** One group-by per column: grouping sets over all of them take half as long again. */
async function countPart(
  session: FrameSession,
  from: string,
  where: string,
  columns: readonly BucketColumn[],
  days: Map<number, DayCounts>,
  countRows: boolean,
): Promise<void> {
  const parts = columns.map(
    (column, place) =>
      `SELECT ${place} AS place, event_at // ${dayMs} AS day, ${bucketSql(column)} AS bucket,
         CAST(count(*) AS DOUBLE) AS n FROM ${from} WHERE ${where} GROUP BY ALL`,
  )
  const found = await session.columns(parts.join(' UNION ALL '))
  const { place: places = [], day = [], bucket = [], n = [] } = found
  for (let i = 0; i < day.length; i++) {
    const place = Number(places[i])
    const column = columns[place]
    if (column === undefined) continue
    const known = dayOf(days, Number(day[i]) * dayMs)
    const counts = (known.counts[column.name] ??= emptyCounts(column))
    counts[bucket[i] === null ? column.edges.length + 1 : Number(bucket[i])] = Number(n[i])
    // Every column counts every row: one of them says how many there are.
    if (place === 0 && countRows) known.rows += Number(n[i])
  }
  for (const known of days.values()) {
    for (const column of columns) known.counts[column.name] ??= emptyCounts(column)
  }
}

function dayOf(days: Map<number, DayCounts>, day: number): DayCounts {
  const known = days.get(day) ?? { day, rows: 0, counts: {} }
  days.set(day, known)
  return known
}

/** Buckets, and one for rows without a value. */
function emptyCounts({ edges }: BucketColumn): number[] {
  return new Array<number>(edges.length + 2).fill(0)
}

/** The bucket's number by bisection, null for no value. */
function bucketSql({ source, edges, rounded }: BucketColumn): string {
  const name = quoteName(source)
  const value = rounded ? `CAST(CAST(${name} AS FLOAT) AS DOUBLE)` : name
  const tree = (low: number, high: number): string => {
    if (low === high) return String(low)
    const middle = (low + high) >> 1
    return `CASE WHEN ${value} < ${literal(edges[middle] ?? 0)} THEN ${tree(low, middle)} ELSE ${tree(middle + 1, high)} END`
  }
  return `CASE WHEN ${name} IS NULL OR isnan(${name}) THEN NULL ELSE CAST(${tree(0, edges.length)} AS INTEGER) END`
}

/** With an exponent, since without one the engine reads a decimal. */
function literal(value: number): string {
  const text = String(value)
  return text.includes('e') ? text : `${text}e0`
}
