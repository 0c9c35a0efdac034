import { type SqlBool, sql } from 'kysely'
import type { Context } from '#domains/access/index'
import type { Bucket, KeyedPoint, MetricStore, Point, SeriesRange } from './metric-store.ts'
import { type MetricPointRow, readRuns, type RunsTransaction } from './store.ts'

/** Rows of one insert: six values each, under SQLite's limit of parameters. */
const rowsPerInsert = 2000

/** Points as rows of `metric_points`. */
export const sqlMetricStore: MetricStore = { append, history, series, sample }

async function append(
  db: RunsTransaction,
  run: string,
  points: readonly KeyedPoint[],
): Promise<KeyedPoint[]> {
  const added: KeyedPoint[] = []
  for (let start = 0; start < points.length; start += rowsPerInsert) {
    const rows = await db
      .insertInto('metric_points')
      .values(points.slice(start, start + rowsPerInsert).map((point) => rowOf(run, point)))
      .onConflict((c) => c.doNothing())
      .returning(['key', 'step', 'timestamp', 'value', 'is_nan'])
      .execute()
    for (const row of rows) added.push({ key: row.key, ...pointOf(row) })
  }
  return added
}

function rowOf(run: string, point: KeyedPoint): MetricPointRow {
  const isNan = Number.isNaN(point.value)
  return {
    run_id: run,
    key: point.key,
    step: point.step,
    timestamp: point.timestamp,
    value: isNan ? 0 : point.value,
    is_nan: isNan ? 1 : 0,
  }
}

function pointOf(row: Omit<MetricPointRow, 'run_id' | 'key'>): Point {
  return {
    step: row.step,
    timestamp: row.timestamp,
    value: row.is_nan === 1 ? Number.NaN : row.value,
  }
}

async function history(
  ctx: Context,
  run: string,
  key: string,
  page: { offset: number; limit: number },
): Promise<Point[]> {
  const rows = await readRuns(ctx)
    .selectFrom('metric_points')
    .select(['step', 'timestamp', 'value', 'is_nan'])
    .where('run_id', '=', run)
    .where('key', '=', key)
    .orderBy('timestamp')
    .orderBy('step')
    .orderBy('value')
    .orderBy('is_nan')
    .limit(page.limit)
    .offset(page.offset)
    .execute()
  return rows.map(pointOf)
}

async function series(
  ctx: Context,
  run: string,
  key: string,
  buckets: number,
  range: SeriesRange,
): Promise<{ total: number; buckets: Bucket[] }> {
  const where = rangeOf(run, key, range)
  const counted = await sql<{ total: number }>`
    select count(*) as total from metric_points where ${where}`.execute(readRuns(ctx))
  const total = Number(counted.rows[0]?.total ?? 0)
  if (total === 0) return { total, buckets: [] }
  const size = Math.ceil(total / buckets)
  const { rows } = await sql<BucketRow>`
    with ranked as (
      select step, timestamp, value, is_nan,
        row_number() over (order by step, timestamp, value, is_nan) - 1 as position
      from metric_points where ${where}
    ), bucketed as (
      select *, position / ${sql.lit(size)} as bucket,
        row_number() over (partition by position / ${sql.lit(size)} order by position desc) as back
      from ranked
    )
    select bucket, count(*) as count,
      min(case when is_nan = 0 then value end) as minimum,
      max(case when is_nan = 0 then value end) as maximum,
      max(case when back = 1 then step end) as step,
      max(case when back = 1 then timestamp end) as timestamp,
      max(case when back = 1 then value end) as value,
      max(case when back = 1 then is_nan end) as is_nan
    from bucketed group by bucket order by bucket`.execute(readRuns(ctx))
  return { total, buckets: rows.map(bucketOf) }
}

async function sample(
  ctx: Context,
  run: string,
  key: string,
  count: number,
  range: SeriesRange,
): Promise<Point[]> {
  const where = rangeOf(run, key, range)
  // A part is a bucket of MLflow's: the first `total % count` of them have one point more.
  const { rows } = await sql<MetricPointRow & { position: number; total: number }>`
    with parted as (
      select step, timestamp, value, is_nan,
        row_number() over (order by step, timestamp, value, is_nan) as position,
        count(*) over () as total,
        ntile(${sql.lit(count)}) over (order by step, timestamp, value, is_nan) as part
      from metric_points where ${where}
    ), ranked as (
      select *, row_number() over (partition by part order by position) as place from parted
    )
    select step, timestamp, value, is_nan, position, total from ranked
    where place = 1 or position = total order by position`.execute(readRuns(ctx))
  const points = rows.map(pointOf)
  // The last of all takes the place of the last part's first.
  if (points.length > count) points.splice(count - 1, 1)
  return points
}

interface BucketRow {
  count: number
  minimum: number | null
  maximum: number | null
  step: number
  timestamp: number
  value: number
  is_nan: number
}

function rangeOf(run: string, key: string, range: SeriesRange) {
  const parts = [sql<SqlBool>`run_id = ${run}`, sql<SqlBool>`key = ${key}`]
  if (range.from !== undefined) parts.push(sql<SqlBool>`step >= ${range.from}`)
  if (range.to !== undefined) parts.push(sql<SqlBool>`step <= ${range.to}`)
  return sql.join(parts, sql` and `)
}

function bucketOf(row: BucketRow): Bucket {
  return {
    ...pointOf(row),
    minimum: row.minimum ?? Number.NaN,
    maximum: row.maximum ?? Number.NaN,
    count: Number(row.count),
  }
}
