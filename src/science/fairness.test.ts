import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GyreError } from '#kernel/errors'
import { demographicParityDifference, equalizedOddsDifference, groupRates } from './fairness.ts'
import type { GroupRates } from './fairness.ts'
import { createRandom } from './random.ts'
import type { Random } from './random.ts'

const options = { minRows: 1, level: 0.95 }

function formulaRates(): GroupRates[] {
  const row = Array.from({ length: 900 }, (_, index) => index)
  const labels = Uint8Array.from(row, (i) => ((i * 7919) % 10 < 4 ? 1 : 0))
  const groups = row.map((i) => (i % 100 === 0 ? 'd' : 'abc'[i % 3]!))
  const decisions = Uint8Array.from(row, (i) =>
    ((i * 104729) % 17) + 3 * labels[i]! + (groups[i] === 'b' ? 2 : 0) > 9 ? 1 : 0,
  )
  return groupRates(labels, decisions, groups)
}

function assertClose(actual: number | null, expected: number): void {
  assert.ok(actual !== null && Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`)
}

test('rates and differences equal those of Fairlearn', () => {
  // fairlearn 0.15.0: MetricFrame by group of selection_rate, true_positive_rate, false_positive_rate;
  // demographic_parity_difference and equalized_odds_difference with all groups, then without d.
  const rates = formulaRates()
  assert.deepEqual(
    rates.map(({ group, count, positives, negatives }) => [group, count, positives, negatives]),
    [
      ['a', 297, 117, 180],
      ['b', 297, 117, 180],
      ['c', 297, 117, 180],
      ['d', 9, 9, 0],
    ],
  )
  assertClose(rates[0]!.selectionRate, 0.48148148148148145)
  assertClose(rates[1]!.truePositiveRate, 0.7008547008547008)
  assertClose(rates[2]!.falsePositiveRate, 0.4222222222222222)
  assert.equal(rates[3]!.falsePositiveRate, null)
  const all = demographicParityDifference(rates, options)
  assertClose(all.value, 0.41077441077441074)
  assert.deepEqual([all.highest, all.lowest, all.excluded], ['d', 'c', []])
  const enough = { minRows: 30, level: 0.95 }
  const parity = demographicParityDifference(rates, enough)
  assertClose(parity.value, 0.11447811447811446)
  assert.deepEqual([parity.highest, parity.lowest, parity.excluded], ['b', 'c', ['d']])
  const odds = equalizedOddsDifference(rates, enough)
  assertClose(odds.value, 0.1367521367521367)
  assert.deepEqual([odds.rate, odds.highest, odds.lowest], ['truePositiveRate', 'b', 'c'])
})

test('the interval of two groups is the one of Agresti and Caffo', () => {
  // 60 of 100 against 40 of 100; scipy 1.17.1: norm.ppf(0.975) = 1.959963984540054.
  const outcomes = Array.from({ length: 200 }, (_, i) => Number(i < 100 ? i < 60 : i < 140))
  const rates = groupRates(
    new Uint8Array(200),
    Uint8Array.from(outcomes),
    outcomes.map((_, i) => (i < 100 ? 'x' : 'y')),
  )
  const { value, lower, upper, standardError } = demographicParityDifference(rates, options)
  const error = Math.sqrt((61 / 102) * (41 / 102) * (2 / 102))
  assertClose(value, 0.2)
  assertClose(standardError, error)
  assertClose(lower, 20 / 102 - 1.959963984540054 * error)
  assertClose(upper, 20 / 102 + 1.959963984540054 * error)
})

/** Groups of given sizes and chances of being selected, half of the rows positive. */
function drawRates(
  random: Random,
  sizes: readonly number[],
  chances: readonly number[],
): GroupRates[] {
  const groups = sizes.flatMap((size, group) => new Array<string>(size).fill(`g${group}`))
  const labels = Uint8Array.from(groups, () => random.integer(2))
  const decisions = Uint8Array.from(groups, (group) =>
    random.next() < chances[Number(group.slice(1))]! ? 1 : 0,
  )
  return groupRates(labels, decisions, groups)
}

test('the largest of many gaps is inside its interval, the choice of groups notwithstanding', () => {
  const random = createRandom(1)
  const sizes = [50, 80, 100, 200, 400, 60]
  const scenarios = [
    { chances: [0.3, 0.3, 0.3, 0.3, 0.3, 0.3], truth: 0 },
    { chances: [0.1, 0.3, 0.3, 0.3, 0.3, 0.4], truth: 0.3 },
  ]
  for (const { chances, truth } of scenarios) {
    let missedParity = 0
    let missedOdds = 0
    for (let run = 0; run < 1000; run++) {
      const rates = drawRates(random, sizes, chances)
      const parity = demographicParityDifference(rates, options)
      const odds = equalizedOddsDifference(rates, options)
      if (truth < parity.lower || truth > parity.upper) missedParity++
      if (truth < odds.lower || truth > odds.upper) missedOdds++
    }
    // 0.999 quantile of Binomial(1000, 0.05): 73.
    assert.ok(missedParity <= 73, `parity missed ${missedParity} of 1000 for ${truth}`)
    assert.ok(missedOdds <= 73, `odds missed ${missedOdds} of 1000 for ${truth}`)
  }
})

test('a real gap has a lower bound above 0', () => {
  const random = createRandom(2)
  const rates = drawRates(random, [2000, 2000, 2000], [0.5, 0.5, 0.6])
  assert.ok(demographicParityDifference(rates, options).lower > 0.03)
  assert.ok(equalizedOddsDifference(rates, options).lower > 0)
})

test('a group that was never selected still has an error', () => {
  const rates = groupRates(Uint8Array.of(0, 1, 0, 1), Uint8Array.of(0, 0, 1, 1), [
    'x',
    'x',
    'y',
    'y',
  ])
  const { value, lower, upper, standardError } = demographicParityDifference(rates, options)
  assert.equal(value, 1)
  assert.ok(standardError > 0.3 && lower < 0.3 && upper === 1)
})

test('what cannot be compared is refused', () => {
  const rates = formulaRates()
  const cases: [() => unknown, RegExp][] = [
    [() => groupRates(Uint8Array.of(1), Uint8Array.of(1, 0), ['x']), /1 labels, 2 decisions and 1/],
    [() => groupRates(Uint8Array.of(2), Uint8Array.of(1), ['x']), /Row 0 has label 2/],
    [() => demographicParityDifference([], options), /needs two groups of 1 rows or more, got 0/],
    [() => equalizedOddsDifference(rates.slice(0, 1), options), /got 1/],
    [() => demographicParityDifference(rates, { minRows: 298, level: 0.95 }), /got 0/],
    [() => demographicParityDifference(rates, { minRows: 1, level: 0 }), /level must be/],
  ]
  for (const [run, message] of cases) {
    assert.throws(run, (error) => error instanceof GyreError && message.test(error.public))
  }
})
