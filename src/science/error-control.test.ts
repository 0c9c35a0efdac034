import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GyreError } from '#kernel/errors'
import {
  type AddisState,
  benjaminiHochberg,
  nextAddisLevel,
  recordAddis,
  spendAlpha,
  startAddis,
} from './error-control.ts'
import { createRandom } from './random.ts'
import { normalCdf } from './special.ts'

test('adjusted p-values equal those of scipy.stats.false_discovery_control', () => {
  // scipy 1.17.1: false_discovery_control([0.01, 0.04, 0.03, 0.005, 0.5, 0.03, 1, 0.0002], method='bh')
  const p = [0.01, 0.04, 0.03, 0.005, 0.5, 0.03, 1, 0.0002]
  const { adjusted, rejected } = benjaminiHochberg(p, 0.05)
  const golden = [
    0.026666666666666665, 0.05333333333333333, 0.048, 0.02, 0.5714285714285714, 0.048, 1.0, 0.0016,
  ]
  for (const [index, value] of golden.entries()) {
    assert.ok(Math.abs(adjusted[index]! - value) < 1e-12, `${adjusted[index]} is not ${value}`)
  }
  assert.deepEqual(
    rejected,
    golden.map((value) => value <= 0.05),
  )
  assert.deepEqual(benjaminiHochberg([], 0.1), { rejected: [], adjusted: [] })
})

test('Benjamini-Hochberg rejects up to the last p-value under its line', () => {
  const values = fc.array(fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(0.01)), {
    maxLength: 30,
  })
  fc.assert(
    fc.property(values, fc.constantFrom(0.05, 0.2), (p, q) => {
      const sorted = p.toSorted((a, b) => a - b)
      const last = sorted.findLastIndex((value, index) => (value * p.length) / (index + 1) <= q)
      const expected = p.map((value) => last >= 0 && value <= sorted[last]!)
      assert.deepEqual(benjaminiHochberg(p, q).rejected, expected)
    }),
  )
})

test('the false-discovery rate of a batch is within q', () => {
  const random = createRandom(1)
  let rate = 0
  for (let batch = 0; batch < 2000; batch++) {
    const shifts = Array.from({ length: 50 }, (_, index) => (index < 10 ? 3 : 0))
    const p = shifts.map((shift) => normalCdf(-random.normal() - shift))
    const { rejected } = benjaminiHochberg(p, 0.1)
    const all = rejected.filter(Boolean).length
    rate +=
      rejected.filter((is, index) => is && shifts[index] === 0).length / Math.max(1, all) / 2000
  }
  // The theory says exactly q * 40 / 50 = 0.08.
  assert.ok(Math.abs(rate - 0.08) < 0.008, `rate ${rate}`)
})

test('spent alphas add up to alpha', () => {
  let sum = 0
  for (let t = 1; t <= 100_000; t++) sum += spendAlpha(0.05, t)
  assert.ok(sum < 0.05 && sum > 0.05 * 0.9999)
  assert.equal(spendAlpha(0.05, 1), (0.05 * 6) / Math.PI ** 2)
})

/** Runs a stream of z statistics; gives which were rejected. */
function runStream(alpha: number, pValues: readonly number[]): boolean[] {
  let state = startAddis(alpha)
  return pValues.map((p) => {
    const rejected = p <= nextAddisLevel(state)
    state = recordAddis(JSON.parse(JSON.stringify(state)) as AddisState, p, rejected)
    return rejected
  })
}

test('ADDIS levels follow the formula of the paper', () => {
  const gamma = (j: number): number => j ** -1.6 / 2.2857656567
  let state = startAddis(0.1)
  const levels: number[] = []
  // Spends; is discarded; is a candidate; is rejected; spends; is rejected.
  const stream = [0.4, 0.9, 0.2, 0.0001, 0.3, 0.0001]
  for (const p of stream) {
    levels.push(nextAddisLevel(state))
    state = recordAddis(state, p, p < 0.001)
  }
  levels.push(nextAddisLevel(state))
  const expected = [
    0.05 * gamma(1),
    0.05 * gamma(2),
    0.05 * gamma(2),
    0.05 * gamma(2),
    0.05 * gamma(2) + 0.05 * gamma(1),
    0.05 * gamma(3) + 0.05 * gamma(2),
    0.05 * gamma(3) + 0.05 * gamma(2) + 0.1 * gamma(1),
  ].map((level) => 0.25 * level)
  for (const [index, level] of expected.entries()) {
    assert.ok(Math.abs(levels[index]! - level) < 1e-15, `level ${index}`)
  }
  let total = 0
  for (let t = 1; t <= 1_000_000; t++) total += gamma(t)
  assert.ok(total <= 1 && total > 0.999, `the discounts sum to ${total}`)
})

test('calm tests leave the level where it was', () => {
  let state = startAddis(0.05)
  const level = nextAddisLevel(state)
  for (let week = 0; week < 52; week++) state = recordAddis(state, 0.7 + week / 200, false)
  assert.equal(nextAddisLevel(state), level)
})

test('p-values that are too large raise no more alarms', () => {
  const random = createRandom(4)
  let alarmed = 0
  for (let run = 0; run < 1000; run++) {
    // Below the boundary of its hypothesis a test is conservative: these are p-values of N(-1, 1).
    const p = Array.from({ length: 200 }, () => normalCdf(1 - random.normal()))
    if (runStream(0.1, p).some(Boolean)) alarmed++
  }
  assert.ok(alarmed <= 72, `${alarmed} of 1000`)
})

test('the false-discovery rate of an endless stream is within alpha, at its end and midway', () => {
  const random = createRandom(2)
  const runs = 500
  const rates = new Map([
    [100, 0],
    [400, 0],
  ])
  let found = 0
  let real = 0
  for (let run = 0; run < runs; run++) {
    const shifted = Array.from({ length: 400 }, () => random.next() < 0.2)
    const p = shifted.map((is) => normalCdf(-random.normal() - (is ? 3.5 : 0)))
    const rejected = runStream(0.1, p)
    for (const [end, rate] of rates) {
      const until = rejected.slice(0, end)
      const wrong = until.filter((is, index) => is && !shifted[index]).length
      rates.set(end, rate + wrong / Math.max(1, until.filter(Boolean).length) / runs)
    }
    found += rejected.filter((is, index) => is && shifted[index]).length
    real += shifted.filter(Boolean).length
  }
  for (const [end, rate] of rates) assert.ok(rate <= 0.1, `${rate} after ${end} tests`)
  assert.ok(found / real > 0.4, `found ${found} of ${real}`)
})

test('when nothing is ever wrong, few streams raise any alarm', () => {
  const random = createRandom(3)
  let alarmed = 0
  for (let run = 0; run < 1000; run++) {
    if (
      runStream(
        0.1,
        Array.from({ length: 200 }, () => random.next()),
      ).some(Boolean)
    )
      alarmed++
  }
  // With all hypotheses true the false-discovery rate is the chance of any rejection: at most W0.
  assert.ok(alarmed > 10 && alarmed <= 72, `${alarmed} of 1000`)
})

test('wrong probabilities and looks are refused', () => {
  const runs = [
    () => benjaminiHochberg([0.1, 1.2], 0.1),
    () => benjaminiHochberg([Number.NaN], 0.1),
    () => benjaminiHochberg([0.1], -1),
    () => spendAlpha(2, 1),
    () => spendAlpha(0.05, 0),
    () => spendAlpha(0.05, 1.5),
    () => startAddis(0),
    () => startAddis(1),
  ]
  for (const run of runs) assert.throws(run, GyreError)
})
