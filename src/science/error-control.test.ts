import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GyreError } from '#kernel/errors'
import {
  benjaminiHochberg,
  nextLordLevel,
  recordLord,
  spendAlpha,
  startLord,
} from './error-control.ts'
import type { LordState } from './error-control.ts'
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
  let state = startLord(alpha)
  return pValues.map((p) => {
    const rejected = p <= nextLordLevel(state)
    state = recordLord(JSON.parse(JSON.stringify(state)) as LordState, rejected)
    return rejected
  })
}

test('LORD++ levels follow the formula of the paper', () => {
  const gamma = (j: number): number =>
    (0.07720838 * Math.log(Math.max(j, 2))) / (j * Math.exp(Math.sqrt(Math.log(j))))
  let state = startLord(0.1)
  const levels: number[] = []
  for (const rejected of [false, true, false, true, false]) {
    levels.push(nextLordLevel(state))
    state = recordLord(state, rejected)
  }
  // Rejections at 2 and 4: gamma_t W0 + (alpha - W0) gamma_{t - 2} + alpha gamma_{t - 4}.
  const expected = [
    0.05 * gamma(1),
    0.05 * gamma(2),
    0.05 * gamma(3) + 0.05 * gamma(1),
    0.05 * gamma(4) + 0.05 * gamma(2),
    0.05 * gamma(5) + 0.05 * gamma(3) + 0.1 * gamma(1),
  ]
  for (const [index, level] of expected.entries()) {
    assert.ok(Math.abs(levels[index]! - level) < 1e-15)
  }
  assert.deepEqual(state, { alpha: 0.1, t: 5, wealth: 0.05, rejections: [2, 4] })
  let total = 0
  for (let t = 1; t <= 1_000_000; t++) total += gamma(t)
  assert.ok(total <= 1, `the discounts sum to ${total}`)
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
    () => startLord(0),
    () => startLord(1),
  ]
  for (const run of runs) assert.throws(run, GyreError)
})
