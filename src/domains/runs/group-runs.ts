import { type RawBuilder, sql } from 'kysely'
import { invalid } from '#kernel/errors'
import { authorizeOnExperiments, type Context, type Reach } from '#domains/access/index'
import { columnOf } from './filter-sql.ts'
import { queryOf } from './page-of-runs.ts'
import { readRunFilter, readRunOrder } from './run-grammar.ts'
import { conditionsOf, type RunSearch } from './search-runs.ts'
import { type RunsReader, scanRuns } from './store.ts'

/** Which number of a metric counts for a run. */
type MetricStatistic = 'last' | 'minimum' | 'maximum' | 'first'

interface RunGrouping extends Omit<RunSearch, 'orderBy' | 'limit' | 'pageToken'> {
  /** What runs of a group have in common: `params.learner`, `tags.team`, `attributes.status`. */
  by: readonly string[]
  /** Keys of metrics. */
  metrics: readonly string[]
  statistic: MetricStatistic
  limit: number
}

/** Of the runs of a group that have a finite number; all null where none has. */
interface MetricDistribution {
  key: string
  count: number
  mean: number | null
  /** Of a sample (divided by count − 1); null under two. */
  standardDeviation: number | null
  minimum: number | null
  maximum: number | null
}

interface RunGroup {
  /** In the order of `by`; null: runs that have no such value. */
  values: (string | null)[]
  runs: number
  metrics: MetricDistribution[]
}

/**
 * Statistics of metrics over all runs that match, by what they have in common; the largest groups
 * first. Deviations are taken from the group's mean, so that large numbers close together keep theirs.
 * Errors: as `searchRuns`, and `invalid` for what runs cannot be grouped by.
 */
export async function groupRuns(
  ctx: Context,
  input: RunGrouping,
): Promise<{ groups: RunGroup[]; total: number }> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const grouped = await groupedRuns(ctx, reach, input)
  const db = scanRuns(ctx)
  const { rows } = await sql<{ value: string; runs: number; total: number }>`
    select value, count(*) as runs, count(*) over () as total
    from (${grouped}) as grouped group by value order by runs desc, value
    limit ${input.limit}`.execute(db)
  const groups = new Map(
    rows.map(({ value, runs }): [string, RunGroup] => [
      value,
      { values: JSON.parse(value) as (string | null)[], runs: Number(runs), metrics: [] },
    ]),
  )
  for (const key of input.metrics) await addMetric(db, grouped, groups, key, input.statistic)
  return { groups: [...groups.values()], total: Number(rows[0]?.total ?? 0) }
}

interface DistributionRow {
  value: string
  count: number
  mean: number | null
  squares: number | null
  minimum: number | null
  maximum: number | null
}

const columns = {
  last: 'value',
  minimum: 'minimum',
  maximum: 'maximum',
  first: 'first_value',
} as const satisfies Record<MetricStatistic, string>

async function addMetric(
  db: RunsReader,
  grouped: RawBuilder<unknown>,
  groups: ReadonlyMap<string, RunGroup>,
  key: string,
  statistic: MetricStatistic,
): Promise<void> {
  const number = sql.ref(`logged.${columns[statistic]}`)
  // Minimum and maximum are of what is no NaN.
  const nan = { last: 'logged.is_nan', first: 'logged.first_is_nan' } as Record<string, string>
  const isNan = nan[statistic] === undefined ? sql`0` : sql.ref(nan[statistic])
  const most = Number.MAX_VALUE
  const { rows } = await sql<DistributionRow>`
    select value, count(*) as count, min(mean) as mean, sum((number - mean) * (number - mean)) as squares,
      min(number) as minimum, max(number) as maximum
    from (
      select grouped.value as value, ${number} as number,
        avg(${number}) over (partition by grouped.value) as mean
      from (${grouped}) as grouped join run_metrics as logged on logged.run_id = grouped.id
      where logged.key = ${key} and ${isNan} = 0 and ${number} between ${-most} and ${most}
    ) as numbers group by value`.execute(db)
  const found = new Map(rows.map((row) => [row.value, row]))
  for (const [value, group] of groups) group.metrics.push(distributionOf(key, found.get(value)))
}

function distributionOf(key: string, row: DistributionRow | undefined): MetricDistribution {
  const count = Number(row?.count ?? 0)
  const squares = row?.squares ?? null
  return {
    key,
    count,
    mean: finite(row?.mean),
    standardDeviation:
      count < 2 || squares === null ? null : finite(Math.sqrt(squares / (count - 1))),
    minimum: finite(row?.minimum),
    maximum: finite(row?.maximum),
  }
}

/** What overflows has no value that JSON could carry. */
function finite(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && Number.isFinite(value) ? value : null
}

/** Runs that match, each with its values as one JSON text, so that any number of them is one column. */
async function groupedRuns(
  ctx: Context,
  reach: Reach,
  input: RunGrouping,
): Promise<RawBuilder<unknown>> {
  const language = input.language ?? 'gyre'
  const page = {
    conditions: await conditionsOf(ctx, reach, input),
    comparisons: readRunFilter(language, input.filter),
    orderings: [],
    limit: 0,
    offset: 0,
  }
  const values = readRunOrder(language, input.by).map(({ entity, key }) => {
    const column = columnOf({ entity, key })
    if (column !== undefined) return sql`cast(${column} as text)`
    if (entity !== 'parameter' && entity !== 'tag') {
      throw invalid(`Runs are grouped by params.…, tags.… and attributes.…, not by a ${entity}.`)
    }
    const table = sql.table(entity === 'tag' ? 'run_tags' : 'run_parameters')
    return sql`(select value from ${table} where run_id = runs.id and key = ${key})`
  })
  const array = ctx.tables.dialect === 'postgres' ? 'json_build_array' : 'json_array'
  const value = sql`cast(${sql.raw(array)}(${sql.join(values)}) as text)`
  return sql`select runs.id as id, ${values.length === 0 ? sql`'[]'` : value} as value ${queryOf(page).rest()}`
}
