import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GyreError } from '#kernel/errors'
import { jensenShannonDistance } from './distances.ts'
import { testRelevantDrift } from './drift.ts'
import { createRandom } from './random.ts'
import type { Random } from './random.ts'

const MINIMUM = 0.1
const REPEATS = 1000
/** 0.999 quantile of Binomial(1000, 0.05), scipy 1.17.1: what a test of true level 5 % stays below. */
const MOST_ALARMS = 73

const even = new Array<number>(10).fill(0.1)
const skewed = normalised(Array.from({ length: 12 }, (_, bin) => 0.6 ** bin))

function normalised(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/** Shares at a given Jensen-Shannon distance from others: bin k is tilted by exp(s k). */
function tilted(from: readonly number[], distance: number): number[] {
  const at = (s: number): number[] =>
    normalised(from.map((share, bin) => share * Math.exp(s * bin)))
  let low = 0
  let high = 5
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (jensenShannonDistance(from, at(middle)) < distance) low = middle
    else high = middle
  }
  return at(low)
}

function draw(random: Random, rows: number, from: readonly number[]): number[] {
  const counts = new Array<number>(from.length).fill(0)
  for (let row = 0; row < rows; row++) {
    let left = random.next()
    let bin = 0
    while (bin < from.length - 1 && left >= from[bin]!) left -= from[bin++]!
    counts[bin]! += 1
  }
  return counts
}

/** Shares of one day: log-normal noise on each, as when rows of a day depend on each other. */
function daily(random: Random, from: readonly number[], noise: number): number[] {
  return normalised(from.map((share) => share * Math.exp(noise * random.normal())))
}

interface Scenario {
  shares: readonly number[]
  distance: number
  rows: number
  blocks: number
  noise?: number
  blockedReference?: boolean
}

/** Alarms at 5 % among windows of a scenario, each with a fresh reference. */
function countAlarms(scenario: Scenario, seed: number, repeats = REPEATS): number {
  const { rows, blocks, noise = 0, blockedReference = false } = scenario
  const random = createRandom(seed)
  const moved =
    scenario.distance === 0 ? scenario.shares : tilted(scenario.shares, scenario.distance)
  const days = (count: number, size: number, from: readonly number[]): number[][] =>
    Array.from({ length: count }, () =>
      draw(random, Math.round(size / count), noise === 0 ? from : daily(random, from, noise)),
    )
  let alarms = 0
  for (let repeat = 0; repeat < repeats; repeat++) {
    const referenceBlocks = days(
      blockedReference ? 14 : 1,
      5 * Math.min(rows, 4000),
      scenario.shares,
    )
    const reference = scenario.shares.map((_, bin) =>
      referenceBlocks.reduce((sum, block) => sum + block[bin]!, 0),
    )
    const { pValue } = testRelevantDrift({
      reference,
      blocks: days(blocks, rows, moved),
      ...(blockedReference ? { referenceBlocks } : {}),
      minimumSize: MINIMUM,
      distance: 'jensen-shannon',
    })
    if (pValue <= 0.05) alarms++
  }
  return alarms
}

const cases: [string, Scenario][] = []
for (const rows of [1000, 20_000]) {
  for (const [name, shares] of [
    ['even', even],
    ['skewed', skewed],
  ] as const) {
    cases.push([`${name}, ${rows} rows, 7 blocks`, { shares, distance: MINIMUM, rows, blocks: 7 }])
    cases.push([`${name}, ${rows} rows, 1 block`, { shares, distance: MINIMUM, rows, blocks: 1 }])
  }
}

test('at the boundary, where the distance is just tolerable, false alarms stay within 5 %', () => {
  for (const [index, [name, scenario]] of cases.entries()) {
    const alarms = countAlarms(scenario, 100 + index)
    assert.ok(alarms <= MOST_ALARMS, `${name}: ${alarms} alarms in ${REPEATS}`)
    // A test that never alarms at its boundary would be vacuous.
    assert.ok(alarms >= 5, `${name}: only ${alarms} alarms`)
  }
})

test('without any shift there is next to no alarm', () => {
  for (const [index, [name, scenario]] of cases.entries()) {
    const alarms = countAlarms({ ...scenario, distance: 0 }, 200 + index, 250)
    assert.ok(alarms <= 1, `${name}: ${alarms} alarms in 250`)
  }
})

test('days that differ among themselves raise no false alarm, while single rows would', () => {
  for (const rows of [1000, 20_000]) {
    const noisy = { shares: even, distance: MINIMUM, rows, blocks: 7, noise: 0.2 }
    // The mean of noisy days is a little nearer to even: the boundary is not crossed by it.
    const alarms = countAlarms({ ...noisy, blockedReference: true }, 300)
    assert.ok(alarms <= MOST_ALARMS, `${rows} rows: ${alarms} alarms in ${REPEATS}`)
  }
  const random = createRandom(301)
  const moved = tilted(even, MINIMUM)
  let alarms = 0
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const window = Array.from({ length: 7 }, () => draw(random, 2857, daily(random, moved, 0.2)))
    const pooled = even.map((_, bin) => window.reduce((sum, day) => sum + day[bin]!, 0))
    const reference = even.map(() => 2000)
    const input = { reference, minimumSize: MINIMUM, distance: 'jensen-shannon' as const }
    if (testRelevantDrift({ ...input, blocks: [pooled] }).pValue <= 0.05) alarms++
  }
  assert.ok(alarms > 2 * MOST_ALARMS, `pooled days: ${alarms} alarms in ${REPEATS}`)
})

test('a real shift is found', () => {
  for (const blocks of [1, 7]) {
    const large = countAlarms({ shares: even, distance: 0.2, rows: 1000, blocks }, 400)
    assert.ok(large >= 0.95 * REPEATS, `0.2 in 1,000 rows, ${blocks} blocks: ${large}`)
    const small = countAlarms({ shares: even, distance: 0.12, rows: 20_000, blocks }, 401)
    assert.ok(small >= 0.9 * REPEATS, `0.12 in 20,000 rows, ${blocks} blocks: ${small}`)
  }
})

test('the squared size is unbiased where the plain distance is inflated', () => {
  const random = createRandom(500)
  const moved = tilted(even, 0.15)
  let plain = 0
  let corrected = 0
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const { size, bias } = testRelevantDrift({
      reference: draw(random, 1000, even),
      blocks: [draw(random, 210, moved)],
      minimumSize: MINIMUM,
      distance: 'jensen-shannon',
    })
    plain += (size + bias) ** 2 / REPEATS
    corrected += size ** 2 / REPEATS
  }
  assert.ok(Math.sqrt(plain) > 0.17, `plain distance ${Math.sqrt(plain)}`)
  assert.ok(Math.abs(Math.sqrt(corrected) - 0.15) < 0.003, `corrected ${Math.sqrt(corrected)}`)
})

test('bounds, p-value and plain distance fit together', () => {
  const random = createRandom(600)
  const input = { minimumSize: 0.05, distance: 'jensen-shannon' as const }
  for (let repeat = 0; repeat < 200; repeat++) {
    const reference = draw(random, 2000, even)
    const blocks = Array.from({ length: 1 + (repeat % 7) }, () =>
      draw(random, 200, tilted(even, 0.1)),
    )
    const result = testRelevantDrift({ ...input, reference, blocks })
    const pooled = even.map((_, bin) => blocks.reduce((sum, block) => sum + block[bin]!, 0))
    assert.ok(
      Math.abs(result.size + result.bias - jensenShannonDistance(reference, pooled)) < 1e-12,
    )
    assert.equal(result.pValue < 0.05, result.lowerBound > 0.05)
    assert.ok(result.lowerBound <= result.size && result.size <= result.upperBound)
    assert.equal(result.rows, 200 * blocks.length)
  }
})

test('empty days are left out, and too few days fall back to rows', () => {
  const input = { minimumSize: 0.1, distance: 'jensen-shannon' as const, reference: [50, 50] }
  const days = [
    [9, 1],
    [7, 3],
    [8, 3],
  ]
  assert.deepEqual(
    testRelevantDrift({ ...input, blocks: [...days, [0, 0]] }),
    testRelevantDrift({ ...input, blocks: days }),
  )
  assert.deepEqual(
    testRelevantDrift({ ...input, blocks: days.slice(0, 2) }),
    testRelevantDrift({ ...input, blocks: [[16, 4]] }),
  )
})

test('a window of unlike days is taken to be noisier than its rows', () => {
  const input = { minimumSize: 0.1, distance: 'jensen-shannon' as const, reference: [500, 500] }
  const days = testRelevantDrift({
    ...input,
    blocks: [
      [90, 10],
      [20, 80],
      [85, 15],
      [55, 45],
    ],
  })
  const rows = testRelevantDrift({ ...input, blocks: [[250, 150]] })
  assert.ok(days.bias > 2 * rows.bias, `${days.bias} and ${rows.bias}`)
  assert.ok(days.standardError > 2 * rows.standardError)
  assert.equal(days.size + days.bias, rows.size + rows.bias)
})

test('identical data and new categories have an answer', () => {
  const input = { minimumSize: 0.1, distance: 'jensen-shannon' as const }
  const same = testRelevantDrift({ ...input, reference: [5, 5], blocks: [[5, 5]] })
  assert.equal(same.size, 0)
  assert.equal(same.pValue, 1)
  const disjoint = testRelevantDrift({ ...input, reference: [500, 0], blocks: [[0, 500]] })
  assert.ok(disjoint.size > 0.99 && disjoint.pValue < 1e-6)
})

test('what cannot be tested is refused', () => {
  const input = {
    reference: [5, 5],
    blocks: [[5, 5]],
    minimumSize: 0.1,
    distance: 'jensen-shannon' as const,
  }
  const changes: [Partial<typeof input> & { referenceBlocks?: number[][] }, RegExp][] = [
    [{ minimumSize: 0 }, /between 0 and 1, got 0/],
    [{ blocks: [] }, /no rows/],
    [{ blocks: [[0, 0]] }, /no rows/],
    [{ reference: [0, 0] }, /no rows/],
    [{ blocks: [[1, 2, 3]] }, /Block 0 has 3 bins, the reference has 2/],
    [{ blocks: [[1, -2]] }, /Block 0 has the count -2 in bin 1/],
    [{ referenceBlocks: [[1, 1]] }, /count 1 in bin 0, the reference 5/],
  ]
  for (const [change, message] of changes) {
    assert.throws(
      () => testRelevantDrift({ ...input, ...change }),
      (error) => error instanceof GyreError && message.test(error.public),
    )
  }
})
