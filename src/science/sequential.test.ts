import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GyreError } from '#kernel/errors'
import { createRandom } from './random.ts'
import type { Random } from './random.ts'
import { addToMoments, emptyMoments, meanDifferenceSequence, mergeMoments } from './sequential.ts'
import type { Moments, SequenceInterval, SequenceOptions } from './sequential.ts'

const momentsOf = (values: readonly number[]): Moments =>
  values.reduce(addToMoments, emptyMoments())

test('moments are those of the values, however they were split', () => {
  const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 40 })
  fc.assert(
    fc.property(values, values, (first, second) => {
      const all = [...first, ...second]
      const merged = mergeMoments(momentsOf(first), momentsOf(second))
      const mean = all.reduce((sum, x) => sum + x, 0) / Math.max(1, all.length)
      const squares = all.reduce((sum, x) => sum + (x - mean) ** 2, 0)
      assert.equal(merged.n, all.length)
      assert.ok(Math.abs(merged.mean - mean) < 1e-9)
      assert.ok(Math.abs(merged.m2 - squares) < 1e-6 * (1 + squares))
    }),
  )
})

test('the half-width is that of the published formula', () => {
  // Both variances 1, na = nb = 500: V = 0.004, t = 1000. With alpha = 0.05 and 2,000 optimal rows
  // rho^2 = (-2 log alpha + log(-2 log alpha + 1)) / 2000, in Python:
  // sqrt(V * (t * rho2 + 1) / (t * rho2) * log((t * rho2 + 1) / alpha**2))
  const stream = { n: 500, mean: 0, m2: 499 }
  const { estimate, lower, upper } = meanDifferenceSequence({ ...stream, mean: 1 }, stream, {
    alpha: 0.05,
    optimalRows: 2000,
  })
  assert.equal(estimate, 1)
  assert.ok(Math.abs(upper - 1 - 0.1950220091808233) < 1e-12)
  assert.ok(Math.abs(1 - lower - 0.1950220091808233) < 1e-12)
})

test('it is tightest, against other choices, near the rows it was made for', () => {
  const width = (rows: number, optimalRows: number): number => {
    const stream = { n: rows / 2, mean: 0, m2: rows / 2 - 1 }
    return meanDifferenceSequence(stream, stream, { alpha: 0.05, optimalRows }).upper
  }
  for (const rows of [1000, 50_000]) {
    for (const factor of [0.2, 0.5, 2, 5]) assert.ok(width(rows, rows) < width(rows, rows * factor))
  }
})

/** Looks after every batch; gives whether an interval ever excluded `truth`. */
function everMisses(
  draw: (random: Random) => [number, number],
  truth: number,
  random: Random,
  options: SequenceOptions,
): boolean {
  let a = emptyMoments()
  let b = emptyMoments()
  for (let batch = 0; batch < 200; batch++) {
    for (let row = 0; row < 25; row++) {
      const [x, y] = draw(random)
      a = addToMoments(a, x)
      // The second stream gets a third of the traffic.
      if (row % 3 === 0) b = addToMoments(b, y)
    }
    const { lower, upper }: SequenceInterval = meanDifferenceSequence(a, b, options)
    if (truth < lower || truth > upper) return true
  }
  return false
}

test('looking after every batch, the truth is ever missed at most as often as alpha', () => {
  const streams: [string, (random: Random) => [number, number], number][] = [
    ['normal', (random) => [random.normal(), 2 * random.normal() + 1], -1],
    ['rare events', (random) => [Number(random.next() < 0.1), Number(random.next() < 0.1)], 0],
    ['skewed', (random) => [-Math.log(1 - random.next()), -Math.log(1 - random.next())], 0],
  ]
  for (const [index, [name, draw, truth]] of streams.entries()) {
    for (const optimalRows of [500, 5000]) {
      const random = createRandom(10 + index)
      let missed = 0
      for (let run = 0; run < 500; run++) {
        if (everMisses(draw, truth, random, { alpha: 0.1, optimalRows })) missed++
      }
      // 0.999 quantile of Binomial(500, 0.1): 71.
      assert.ok(missed <= 71, `${name}, ${optimalRows}: missed in ${missed} of 500 runs`)
    }
  }
})

test('a fixed-size interval looked at as often would miss far more often', () => {
  const random = createRandom(20)
  let missed = 0
  for (let run = 0; run < 300; run++) {
    let a = emptyMoments()
    let b = emptyMoments()
    let ever = false
    for (let batch = 0; batch < 200; batch++) {
      for (let row = 0; row < 25; row++) {
        a = addToMoments(a, random.normal())
        b = addToMoments(b, random.normal())
      }
      const error = Math.sqrt(a.m2 / (a.n - 1) / a.n + b.m2 / (b.n - 1) / b.n)
      ever ||= Math.abs(b.mean - a.mean) > 1.6449 * error
    }
    if (ever) missed++
  }
  assert.ok(missed > 100, `missed in ${missed} of 300 runs`)
})

test('a real difference is found', () => {
  const random = createRandom(30)
  let found = 0
  for (let run = 0; run < 200; run++) {
    const draw = (r: Random): [number, number] => [r.normal(), r.normal() + 0.3]
    if (everMisses(draw, 0, random, { alpha: 0.05, optimalRows: 2000 })) found++
  }
  assert.ok(found >= 195, `found in ${found} of 200 runs`)
})

test('few rows give no bound, and wrong options are refused', () => {
  const few = momentsOf(Array.from({ length: 49 }, (_, index) => index))
  const many = mergeMoments(few, few)
  const options = { alpha: 0.05 }
  assert.deepEqual(meanDifferenceSequence(many, few, options), {
    estimate: 0,
    lower: -Infinity,
    upper: Infinity,
  })
  assert.ok(Number.isNaN(meanDifferenceSequence(emptyMoments(), many, options).estimate))
  assert.ok(Number.isFinite(meanDifferenceSequence(many, many, options).upper))
  for (const wrong of [{ alpha: 0 }, { alpha: 1 }, { alpha: 0.05, optimalRows: 0 }]) {
    assert.throws(() => meanDifferenceSequence(many, many, wrong), GyreError)
  }
})
