import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testRelevantDrift } from './drift.ts'
import { nextAddisLevel, recordAddis, startAddis } from './error-control.ts'
import { createRandom, type Random } from './random.ts'
import { normalCdf } from './special.ts'

/**
 * Streams whose days depend on each other: every row is normal around what its day has in common. The
 * smallest size that matters is set low, so that what is tested is the usual distance.
 */
interface Stream {
  /** What days have in common, with variance 1. */
  days(random: Random, count: number): number[]
  /** Of what days have in common, against 1 for rows within a day. */
  deviation: number
}

const repeats = 500
const edges = Array.from({ length: 19 }, (_, i) => -1.9 + i * 0.2)
const levels = [0.05, 0.01]
/** 0.999 quantiles of Binomial(500, level), scipy 1.17.1. */
const mostAlarms = [41, 13]

/** Autoregressive of order one. */
function autoregressive(r: number): Stream['days'] {
  return (random, count) => {
    let value = random.normal()
    return Array.from({ length: count }, () => {
      const now = value
      value = r * value + Math.sqrt(1 - r * r) * random.normal()
      return now
    })
  }
}

/** The same every week, and a little of each day's own. */
function weekly(random: Random, count: number): number[] {
  return Array.from(
    { length: count },
    (_, day) => 1.3 * Math.sin((2 * Math.PI * day) / 7) + 0.3 * random.normal(),
  )
}

/** Mean of the last four weeks, as a rolling feature has it. */
function rolling(random: Random, count: number): number[] {
  const shocks = Array.from({ length: count + 28 }, () => random.normal())
  return Array.from({ length: count }, (_, day) => {
    const window = shocks.slice(day, day + 28)
    return window.reduce((sum, shock) => sum + shock, 0) / Math.sqrt(28)
  })
}

/** Counts of a day's rows per bin. */
function countRows(random: Random, rows: number, mean: number): number[] {
  const counts: number[] = []
  let left = rows
  let below = 0
  for (const edge of [...edges, Infinity]) {
    const upTo = edge === Infinity ? 1 : normalCdf(edge - mean)
    const chance = below >= 1 ? 1 : Math.min(1, (upTo - below) / (1 - below))
    const count = edge === Infinity ? left : binomial(random, left, chance)
    counts.push(count)
    left -= count
    below = upTo
  }
  return counts
}

/** By the normal approximation where it is good, else row by row. */
function binomial(random: Random, n: number, chance: number): number {
  const variance = n * chance * (1 - chance)
  if (variance > 10) {
    const drawn = Math.round(n * chance + Math.sqrt(variance) * random.normal())
    return Math.max(0, Math.min(n, drawn))
  }
  let count = 0
  for (let row = 0; row < n; row++) if (random.next() < chance) count++
  return count
}

function sum(days: readonly (readonly number[])[]): number[] {
  return [...edges, Infinity].map((_, bin) => days.reduce((all, day) => all + (day[bin] ?? 0), 0))
}

interface Plan {
  referenceDays: number
  /** Days between the reference and the window: what they have in common fades. */
  gap: number
  shift: number
  minimumSize: number
}

/** p-values of weeks that come after a reference. */
function simulate(seed: number, { days, deviation }: Stream, plan: Plan, count: number): number[] {
  const random = createRandom(seed)
  const { referenceDays, gap, shift, minimumSize } = plan
  return Array.from({ length: count }, () => {
    const common = days(random, referenceDays + gap + 7).map((value) => deviation * value)
    const rows = common.map((mean, day) =>
      countRows(random, 600, mean + (day < referenceDays ? 0 : shift)),
    )
    const referenceBlocks = rows.slice(0, referenceDays)
    const reference = edges
      .concat(0)
      .map((_, bin) => referenceBlocks.reduce((sum, day) => sum + (day[bin] ?? 0), 0))
    const blocks = rows.slice(referenceDays + gap)
    const input = { reference, referenceBlocks, blocks, minimumSize }
    return testRelevantDrift({ ...input, distance: 'jensen-shannon' }).pValue
  })
}

const streams: [string, Stream['days']][] = [
  ['independent days', autoregressive(0)],
  ['days correlated 0.5', autoregressive(0.5)],
  ['days correlated 0.9', autoregressive(0.9)],
  ['weekly seasons', weekly],
  ['means of four weeks', rolling],
]

for (const [name, days] of streams) {
  test(`${name}: calm weeks raise no more alarms than the level says`, () => {
    for (const deviation of [0.15, 0.5]) {
      const plan = { referenceDays: 91, gap: 30, shift: 0, minimumSize: 0.03 }
      const pValues = simulate(1, { days, deviation }, plan, repeats)
      for (const [index, level] of levels.entries()) {
        const alarms = pValues.filter((p) => p <= level).length
        const told = `deviation ${deviation}, level ${level}: ${alarms} in ${repeats}`
        assert.ok(alarms <= (mostAlarms[index] ?? 0), told)
      }
    }
  })
}

/** Whether a monitor of half a year against one reference ever alarms. */
function halfYearAlarms(random: Random, { days, deviation }: Stream): boolean {
  const referenceDays = 91
  const weeks = 26
  const common = days(random, referenceDays + 7 * weeks).map((value) => deviation * value)
  const rows = common.map((mean) => countRows(random, 600, mean))
  const referenceBlocks = rows.slice(0, referenceDays)
  const reference = sum(referenceBlocks)
  let control = startAddis(0.05)
  for (let week = 0; week < weeks; week++) {
    const from = referenceDays + 7 * week
    const blocks = rows.slice(from, from + 7)
    const input = { reference, referenceBlocks, blocks, minimumSize: 0.03 }
    const { pValue } = testRelevantDrift({ ...input, distance: 'jensen-shannon' })
    const rejected = pValue <= nextAddisLevel(control)
    if (rejected) return true
    control = recordAddis(control, pValue, rejected)
  }
  return false
}

for (const [name, days] of streams.slice(0, 4)) {
  test(`${name}: few calm half-years have any alarm, although they share one reference`, () => {
    const random = createRandom(5)
    const runs = 120
    let alarmed = 0
    for (let run = 0; run < runs; run++) {
      if (halfYearAlarms(random, { days, deviation: 0.3 })) alarmed++
    }
    // 0.999 quantile of Binomial(120, 0.05), scipy 1.17.1.
    assert.ok(alarmed <= 14, `${alarmed} of ${runs}`)
  })
}

test('the test by days alone alarms far too often where days are correlated', () => {
  const random = createRandom(2)
  let alarms = 0
  for (let repeat = 0; repeat < 200; repeat++) {
    const common = autoregressive(0.9)(random, 98).map((value) => 0.5 * value)
    const rows = common.map((mean) => countRows(random, 600, mean))
    const reference = edges
      .concat(0)
      .map((_, bin) => rows.slice(0, 91).reduce((sum, day) => sum + (day[bin] ?? 0), 0))
    const input = { reference, blocks: rows.slice(91), minimumSize: 0.03 }
    if (testRelevantDrift({ ...input, distance: 'jensen-shannon' }).pValue <= 0.05) alarms++
  }
  assert.ok(alarms > 100, `${alarms} in 200`)
})

test('real shifts are found, the larger the slower the stream', () => {
  const cases: [string, Stream['days'], number, number, number][] = [
    // Deviation of the days, shift in standard deviations of rows, and the least share found.
    ['independent days', autoregressive(0), 0.1, 0.5, 0.95],
    ['independent days', autoregressive(0), 0.3, 1, 0.95],
    ['days correlated 0.5', autoregressive(0.5), 0.1, 0.5, 0.6],
    ['days correlated 0.5', autoregressive(0.5), 0.3, 2, 0.95],
    ['days correlated 0.9', autoregressive(0.9), 0.1, 1, 0.6],
    ['weekly seasons', weekly, 0.1, 0.5, 0.95],
  ]
  for (const [name, days, deviation, shift, least] of cases) {
    const plan = { referenceDays: 91, gap: 30, shift, minimumSize: 0.1 }
    const found = simulate(3, { days, deviation }, plan, 200).filter((p) => p <= 0.01).length / 200
    assert.ok(found >= least, `${name}, deviation ${deviation}, shift ${shift}: ${found}`)
  }
})
