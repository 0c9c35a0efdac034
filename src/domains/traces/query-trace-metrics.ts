import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { invalid } from '#kernel/errors'
import { authorizeOnExperiments, type Context, experimentsHeld } from '#domains/access/index'
import { metricFilter } from './metric-filter.ts'
import { type Aggregation, dimensionColumns, metricRule, type MetricView } from './metric-rules.ts'
import { scanTraces } from './store.ts'

export interface TraceMetricsQuery {
  project: string
  experiments: readonly string[]
  view: MetricView
  metric: string
  aggregations: readonly Aggregation[]
  dimensions: readonly string[]
  /** `trace.status = 'OK'`, `span.name = '…'`, `assessment.name = '…'`; all must hold. */
  filters: readonly string[]
  intervalSeconds?: number | undefined
  /** From this instant on, to this one, both included; milliseconds. */
  from?: number | undefined
  until?: number | undefined
  limit: number
}

export interface TraceMetricPoint {
  /** Where its interval begins, in milliseconds, when there are intervals. */
  at: number | undefined
  /** By name. */
  dimensions: Record<string, string>
  /** In the order of the aggregations; `undefined` where there was nothing to aggregate. */
  values: (number | undefined)[]
}

/**
 * Aggregates over traces, their spans or what was said of them, by dimensions and time.
 * Percentiles are linear between the closest ranks. Errors: `invalid`.
 */
export async function queryTraceMetrics(
  ctx: Context,
  query: TraceMetricsQuery,
): Promise<TraceMetricPoint[]> {
  const reach = authorizeOnExperiments(ctx, 'viewer', query.project)
  const rule = metricRule(query.view, query.metric, query.aggregations, query.dimensions)
  const experiments = experimentsHeld(reach, query.experiments)
  const where = conditionsOf({ ...query, experiments })
  const keys = keysOf(query)
  const names = keys.map((_, i) => sql.ref(`key${i}`))
  const base = sql`select ${sql.join([
    ...keys.map(({ column }, i) => sql`${column} as ${sql.ref(`key${i}`)}`),
    sql`${rule.value} as value`,
  ])} from ${sources[query.view]} where ${sql.join(where, sql` and `)}`
  const distinct = query.metric === 'session_count'
  const rows = distinct ? base : ranked(base, names, query.aggregations)
  const columns = [
    ...names,
    ...query.aggregations.map((each, i) => sql`${aggregate(each)} as ${sql.ref(`v${i}`)}`),
  ]
  const grouping =
    names.length === 0 ? sql`` : sql`group by ${sql.join(names)} order by ${sql.join(names)}`
  const result = await sql<Record<string, string | number | null>>`
    select ${sql.join(columns)} from (${rows}) as measured ${grouping}
    limit ${query.limit}`.execute(scanTraces(ctx))
  return result.rows.flatMap((row) => pointOf(row, keys, query.aggregations.length))
}

const sources: Readonly<Record<MetricView, RawBuilder<unknown>>> = {
  TRACES: sql`traces`,
  SPANS: sql`trace_spans as spans
    join traces on traces.project = spans.project and traces.id = spans.trace_id`,
  ASSESSMENTS: sql`trace_assessments as said
    join traces on traces.project = said.project and traces.id = said.trace_id`,
}

const instants: Readonly<Record<MetricView, RawBuilder<unknown>>> = {
  TRACES: sql.ref('traces.requested_at'),
  SPANS: sql`(spans.started_us / 1000)`,
  ASSESSMENTS: sql.ref('traces.requested_at'),
}

function conditionsOf(query: TraceMetricsQuery): RawBuilder<SqlBool>[] {
  const numbers = query.experiments.filter((id) => /^\d{1,15}$/.test(id)).map(Number)
  const at = instants[query.view]
  const where = [
    sql<SqlBool>`traces.project = ${query.project}`,
    numbers.length === 0
      ? sql<SqlBool>`1 = 0`
      : sql<SqlBool>`traces.experiment in (${sql.join(numbers)})`,
  ]
  if (query.from !== undefined) where.push(sql<SqlBool>`${at} >= ${query.from}`)
  if (query.until !== undefined) where.push(sql<SqlBool>`${at} <= ${query.until}`)
  if (query.metric === 'session_count') where.push(sql<SqlBool>`traces.session is not null`)
  return [...where, ...query.filters.map((filter) => metricFilter(query.view, filter))]
}

const bucketName = 'time_bucket'

interface Key {
  name: string
  column: RawBuilder<unknown>
}

function keysOf(query: TraceMetricsQuery): Key[] {
  const columns = dimensionColumns[query.view]
  const keys = query.dimensions.map((name) => ({ name, column: sql.ref(columns[name] ?? name) }))
  const { intervalSeconds } = query
  if (intervalSeconds === undefined) return keys
  if (query.from === undefined || query.until === undefined) {
    throw invalid('start_time_ms and end_time_ms are required if time_interval_seconds is set')
  }
  if (intervalSeconds <= 0 || intervalSeconds > 1e9) {
    throw invalid('time_interval_seconds must be a positive number of seconds.')
  }
  const size = sql.raw(String(Math.round(intervalSeconds) * 1000))
  const column = sql`(${instants[query.view]} / ${size}) * ${size}`
  return [{ name: bucketName, column }, ...keys]
}

/** Adds to each value its rank in its group and the size of the group, when percentiles need them. */
function ranked(
  base: RawBuilder<unknown>,
  names: readonly RawBuilder<unknown>[],
  aggregations: readonly Aggregation[],
): RawBuilder<unknown> {
  if (!aggregations.some(({ kind }) => kind === 'PERCENTILE')) return base
  const group = names.length === 0 ? sql`` : sql`partition by ${sql.join(names)}`
  const all = sql.join([...names, sql.ref('value')])
  return sql`select ${all}, row_number() over (${group} order by value) - 1 as rank_in_group,
      count(*) over (${group}) as group_size
    from (${base}) as based where value is not null`
}

function aggregate(aggregation: Aggregation): RawBuilder<unknown> {
  if (aggregation.kind !== 'PERCENTILE') return sql`${sql.raw(aggregation.kind)}(value)`
  const share = sql.raw(String(aggregation.percentile / 100))
  // Weights of 1 at the place that is looked for, falling to 0 one rank away, interpolate linearly.
  const away = sql`abs(rank_in_group - ${share} * (group_size - 1))`
  return sql`sum(case when ${away} < 1 then value * (1 - ${away}) end)`
}

function pointOf(
  row: Readonly<Record<string, string | number | null>>,
  keys: readonly Key[],
  count: number,
): TraceMetricPoint[] {
  const dimensions: Record<string, string> = {}
  let at: number | undefined
  for (const [i, { name }] of keys.entries()) {
    const value = row[`key${i}`]
    if (value === null || value === undefined) return []
    if (name === bucketName) at = Number(value)
    else dimensions[name] = String(value)
  }
  const values = Array.from({ length: count }, (_, i) => {
    const value = row[`v${i}`]
    return value === null || value === undefined ? undefined : Number(value)
  })
  return values.every((value) => value === undefined) ? [] : [{ at, dimensions, values }]
}
