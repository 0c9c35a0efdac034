import type { EntityLatest, EntityTiles } from './online-format.ts'
import { dayMs } from './definition.ts'
import { type WindowColumn, windowColumns } from './tile-sql.ts'
import { type AggregatePlan, fractionScale, type LatestPlan, partScale } from './view-plan.ts'

/** Answers kept per entity: those of the days that requests are about, whatever their order. */
const keptAnswers = 32

/** The span of time, [from, to), for which an entity has these values. */
export interface Answer {
  from: number
  to: number
  values: Float64Array
}

export interface AggregateEntity {
  coarse: EntityTiles
  fine: EntityTiles | undefined
  /** By day, modulo their number. */
  answers: (Answer | undefined)[]
}

export interface LatestEntity {
  latest: EntityLatest
  last: Answer | undefined
}

/** What reading a view of aggregates needs, worked out once. */
export interface AggregateReader {
  plan: AggregatePlan
  windows: WindowColumn[]
  measures: number
}

export function aggregateReader(plan: AggregatePlan): AggregateReader {
  return { plan, windows: windowColumns(plan), measures: plan.measures.length }
}

/**
 * The values of an entity's features at t, milliseconds: the same tiles, combined by the same
 * operations, as the join's SQL does. NaN where nothing is known.
 */
export function readAggregates(
  reader: AggregateReader,
  entity: AggregateEntity,
  t: number,
): Float64Array {
  const day = Math.floor(t / dayMs)
  const place = day & (keptAnswers - 1)
  const last = entity.answers[place]
  if (last !== undefined && t >= last.from && t < last.to) return last.values
  const answer: Answer = { from: day * dayMs, to: (day + 1) * dayMs, values: new Float64Array(0) }
  const sums = startSums(reader)
  const { longestDays } = reader.plan
  addTiles(reader, entity.coarse, day - longestDays, day - 1, day, t, sums, answer)
  if (entity.fine !== undefined) addTiles(reader, entity.fine, day, day, day, t, sums, answer)
  answer.values = valuesOf(reader, sums)
  entity.answers[place] = answer
  return answer.values
}

function startSums({ plan, windows }: AggregateReader): Float64Array {
  return Float64Array.from(windows, ({ measure }) =>
    plan.measures[measure]?.combine === 'sum' ? 0 : NaN,
  )
}

/** Adds the tiles of these days that are known at t, and narrows how long the answer holds. */
function addTiles(
  { plan, windows, measures }: AggregateReader,
  tiles: EntityTiles,
  fromDay: number,
  toDay: number,
  day: number,
  t: number,
  sums: Float64Array,
  answer: Answer,
): void {
  for (let i = lowerBound(tiles.day, fromDay); i < tiles.day.length; i++) {
    const tileDay = tiles.day[i] as number
    if (tileDay > toDay) return
    const moment = tiles.moment[i] as number
    if (moment > t) {
      if (moment < answer.to) answer.to = moment
      continue
    }
    if (moment > answer.from) answer.from = moment
    for (let w = 0; w < windows.length; w++) {
      const { measure, windowDays } = windows[w] as WindowColumn
      if (tileDay < day - windowDays) continue
      const value = tiles.measures[i * measures + measure] as number
      sums[w] = combine(plan.measures[measure]?.combine ?? 'sum', sums[w] as number, value)
    }
  }
}

/** NaN stands for no value yet, of a minimum or maximum. */
function combine(kind: 'sum' | 'min' | 'max', a: number, b: number): number {
  if (kind === 'sum') return a + b
  if (Number.isNaN(a)) return b
  if (Number.isNaN(b)) return a
  return kind === 'min' ? Math.min(a, b) : Math.max(a, b)
}

function valuesOf({ plan, windows }: AggregateReader, sums: Float64Array): Float64Array {
  const values = new Float64Array(plan.features.length).fill(NaN)
  if ((sums[0] as number) <= 0) return values
  plan.features.forEach(({ windowDays, formula }, f) => {
    const at = (measure: number): number => {
      const w = windows.findIndex((c) => c.measure === measure && c.windowDays === windowDays)
      return sums[w] as number
    }
    if ('of' in formula) {
      values[f] = at(formula.of)
      return
    }
    const count = at(formula.count)
    if (formula.kind === 'count') {
      values[f] = count
      return
    }
    if (count === 0) return
    const sum =
      'whole' in formula
        ? at(formula.whole)
        : (at(formula.high) * partScale + at(formula.low)) / fractionScale
    values[f] = formula.kind === 'mean' ? sum / count : sum
  })
  return values
}

/** The values of the latest row at t that is not older than the view allows. */
export function readLatest(plan: LatestPlan, entity: LatestEntity, t: number): Float64Array {
  const { last, latest } = entity
  if (last !== undefined && t >= last.from && t < last.to) return last.values
  const count = plan.features.length
  const i = lowerBound(latest.start, t + 1) - 1
  const from = i < 0 ? -Infinity : (latest.start[i] as number)
  const next = latest.start[i + 1] ?? Infinity
  const ends =
    i < 0 || plan.ttlMs === null ? Infinity : (latest.event[i] as number) + plan.ttlMs + 1
  const expired = t >= ends
  const values = new Float64Array(count).fill(NaN)
  if (i >= 0 && !expired) values.set(latest.values.subarray(i * count, (i + 1) * count))
  entity.last = {
    from: expired ? Math.max(from, ends) : from,
    to: expired ? next : Math.min(next, ends),
    values,
  }
  return values
}

/** The first index whose value is at least x. */
function lowerBound(values: Float64Array, x: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((values[middle] as number) < x) low = middle + 1
    else high = middle
  }
  return low
}
