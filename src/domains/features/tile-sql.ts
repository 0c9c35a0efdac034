import type { FrameSession } from '#ports/frames/frames'
import { dayMs } from './definition.ts'
import { keyList } from './source-sql.ts'
import { type AggregatePlan, fractionScale, type Measure, partScale } from './view-plan.ts'

/*
 * Tiles: one per entity, day of the event, and moment at which its rows became known. At a time t of
 * day d a feature sees the tiles of days d - window … d that were known at t. For days before d all
 * that matters of a moment within the day itself is that it has passed, so those tiles are merged:
 * coarse tiles are known at the end of their day at the earliest. Only for day d itself the moments
 * within the day count: fine tiles, of rows known on the day they happened.
 */

/** Creates `${name}_coarse` and `${name}_fine` from rows as `sourceRows` gives them. */
export async function createTiles(
  session: FrameSession,
  name: string,
  plan: AggregatePlan,
  keys: readonly string[],
  rows: string,
): Promise<{ fine: boolean }> {
  const groups = `${keyList(keys)}, day, known`
  const measured = plan.measures.map((measure, i) => `${measureSql(measure)} AS m${i}`)
  await session.run(
    `CREATE TEMP TABLE ${name}_exact AS SELECT ${groups}, ${measured.join(', ')}
     FROM (SELECT *, CAST(floor(ts / ${dayMs}e0) AS BIGINT) AS day FROM (${rows})) GROUP BY ${groups}`,
  )
  const merged = plan.measures.map((measure, i) => `${mergeSql(measure, `m${i}`)} AS m${i}`)
  await session.run(
    `CREATE TEMP TABLE ${name}_coarse AS
     SELECT ${keyList(keys)}, day, greatest(known, (day + 1) * ${dayMs}) AS known, ${merged.join(', ')}
     FROM ${name}_exact GROUP BY ALL`,
  )
  await session.run(
    `CREATE TEMP TABLE ${name}_fine AS SELECT * FROM ${name}_exact WHERE known < (day + 1) * ${dayMs}`,
  )
  await session.run(`DROP TABLE ${name}_exact`)
  const [count] = await session.rows<{ n: number }>(`SELECT count(*) AS n FROM ${name}_fine`)
  return { fine: (count?.n ?? 0) > 0 }
}

function measureSql({ kind, expression }: Measure): string {
  const e = `e${expression}`
  const scaled = `round(${e} * ${fractionScale}e0)`
  const high = `CAST(floor(${scaled} / ${partScale}e0) AS BIGINT)`
  const low = `CAST(${scaled} - floor(${scaled} / ${partScale}e0) * ${partScale}e0 AS BIGINT)`
  switch (kind) {
    case 'rows':
      return 'count(*)'
    case 'count':
      return `count(${e})`
    case 'true':
      return `count(*) FILTER (WHERE ${e})`
    case 'high':
      // The low parts' carry belongs to the high part, so that low stays below 2^36.
      return `coalesce(sum(${high}) + sum(${low}) // ${partScale}, 0)::BIGINT`
    case 'low':
      return `coalesce(sum(${low}) % ${partScale}, 0)::BIGINT`
    case 'min':
    case 'max':
      return `${kind}(CAST(${e} AS DOUBLE))`
  }
}

/** Two tiles' measures as one. */
export function mergeSql({ combine }: Measure, column: string): string {
  return combine === 'sum' ? `sum(${column})::BIGINT` : `${combine}(${column})`
}

/**
 * Creates `${name}_windows`: for each (keys, day, moment) in `${name}_asked`, the measures `w<i>` of
 * each (measure, window) pair over the coarse tiles. Without tiles in the longest window: no row.
 */
export async function createWindows(
  session: FrameSession,
  name: string,
  plan: AggregatePlan,
  keys: readonly string[],
): Promise<void> {
  const same = keys.map((_, i) => `c.k${i} = a.k${i}`).join(' AND ')
  const sums = windowColumns(plan).map(({ measure, windowDays, column }) => {
    const merged = mergeSql(measureAt(plan, measure), `m${measure}`)
    const filter =
      windowDays === plan.longestDays ? '' : ` FILTER (WHERE c.day >= a.day - ${windowDays})`
    return `${merged.replace(/\)(::BIGINT)?$/, `)${filter}$1`)} AS ${column}`
  })
  await session.run(
    `CREATE TEMP TABLE ${name}_windows AS
     SELECT ${keyList(keys, 'a')}, a.day, a.moment, ${sums.join(', ')}
     FROM ${name}_asked a JOIN ${name}_coarse c
       ON ${same} AND c.day >= a.day - ${plan.longestDays} AND c.day <= a.day AND c.known <= a.moment
     GROUP BY ${keyList(keys, 'a')}, a.day, a.moment`,
  )
}

/** Creates `${name}_today`: the fine tiles of each day summed up to each moment. */
export async function createToday(
  session: FrameSession,
  name: string,
  plan: AggregatePlan,
  keys: readonly string[],
): Promise<void> {
  const sums = plan.measures.map(({ combine }, i) => `${combine}(m${i}) OVER upto AS s${i}`)
  await session.run(
    `CREATE TEMP TABLE ${name}_today AS SELECT ${keyList(keys)}, day, known, ${sums.join(', ')}
     FROM ${name}_fine
     WINDOW upto AS (PARTITION BY ${keyList(keys)}, day ORDER BY known ROWS UNBOUNDED PRECEDING)`,
  )
}

export interface WindowColumn {
  measure: number
  windowDays: number
  column: string
}

/** Every measure over every window that some feature needs, and the rows of the longest window. */
export function windowColumns(plan: AggregatePlan): WindowColumn[] {
  const columns: WindowColumn[] = []
  const add = (measure: number, windowDays: number): void => {
    if (columns.some((c) => c.measure === measure && c.windowDays === windowDays)) return
    columns.push({ measure, windowDays, column: `w${columns.length}` })
  }
  add(0, plan.longestDays)
  for (const { windowDays, formula } of plan.features) {
    for (const measure of measuresOf(formula)) add(measure, windowDays)
  }
  return columns
}

export function measuresOf(formula: AggregatePlan['features'][number]['formula']): number[] {
  if ('of' in formula) return [formula.of]
  if ('whole' in formula) return [formula.count, formula.whole]
  if ('high' in formula) return [formula.count, formula.high, formula.low]
  return [formula.count]
}

export function measureAt(plan: AggregatePlan, index: number): Measure {
  return plan.measures[index] as Measure
}

/**
 * A feature's value, DOUBLE, from windows `w` and, with fine tiles, from today `d`. Null for an
 * entity of which nothing in the view's longest window is known.
 */
export function featureSql(
  plan: AggregatePlan,
  feature: AggregatePlan['features'][number],
  tables: { windows: string; today: string | undefined },
): string {
  const columns = windowColumns(plan)
  const part = (measure: number, windowDays: number): string => {
    const found = columns.find((c) => c.measure === measure && c.windowDays === windowDays)
    const window = `${tables.windows}.${found?.column ?? ''}`
    const today = tables.today === undefined ? undefined : `${tables.today}.s${measure}`
    const { combine } = measureAt(plan, measure)
    if (combine === 'sum') {
      const sum = today === undefined ? window : `coalesce(${window}, 0) + coalesce(${today}, 0)`
      return `CAST(coalesce(${sum}, 0) AS DOUBLE)`
    }
    // least and greatest skip nulls.
    return today === undefined
      ? window
      : `${combine === 'min' ? 'least' : 'greatest'}(${window}, ${today})`
  }
  const at = (measure: number): string => part(measure, feature.windowDays)
  const known = `${part(0, plan.longestDays)} > 0`
  return `CASE WHEN ${known} THEN ${formulaSql(feature.formula, at)} END`
}

function formulaSql(
  formula: AggregatePlan['features'][number]['formula'],
  at: (measure: number) => string,
): string {
  if ('of' in formula) return at(formula.of)
  const count = at(formula.count)
  if (formula.kind === 'count') return count
  const sum =
    'whole' in formula
      ? at(formula.whole)
      : `((${at(formula.high)} * ${partScale}e0 + ${at(formula.low)}) / ${fractionScale}e0)`
  return formula.kind === 'mean'
    ? `${sum} / nullif(${count}, 0e0)`
    : `CASE WHEN ${count} > 0 THEN ${sum} END`
}
