import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GyreError } from '#kernel/errors'
import {
  auc,
  aucWithInterval,
  brier,
  calibration,
  logLoss,
  lossesBrier,
  lossesLog,
  pairedAucDifference,
  pairedMeanDifference,
} from './classification.ts'
import { createRandom } from './random.ts'

const row = Array.from({ length: 300 }, (_, index) => index)
const labels = Uint8Array.from(row, (i) => ((i * 7919) % 13 < 5 ? 1 : 0))
const scoresA = Float64Array.from(row, (i) => (((i * 104729) % 97) + labels[i]! * 20) / 130)
const scoresB = row.map((i) => (((i * 7919 + 3 * i * i) % 89) + labels[i]! * 12) / 110)

function assertClose(actual: number | null, expected: number, within = 1e-12): void {
  assert.ok(
    actual !== null && Math.abs(actual - expected) <= within,
    `${actual} is not ${expected}`,
  )
}

test('AUC and its interval equal scikit-learn and the definition of DeLong', () => {
  // scikit-learn 1.9.1: roc_auc_score(y, a); numpy: K = (p > q) + 0.5 (p == q) over all pairs, then
  // se = sqrt(K.mean(1).var(ddof=1) / m + K.mean(0).var(ddof=1) / n), and value ± norm.ppf(.975) se.
  assertClose(auc(labels, scoresA), 0.704858508245877)
  const interval = aucWithInterval(labels, scoresA, 0.95)
  assertClose(interval.value, 0.704858508245877)
  assertClose(interval.standardError, 0.02998199403755682)
  assertClose(interval.lower, 0.6460948797475711)
  assertClose(interval.upper, 0.763622136744183)
  const difference = pairedAucDifference(labels, scoresA, scoresB, 0.95)
  assertClose(difference.value, 0.08299756371814093)
  assertClose(difference.standardError, 0.04419122630480348)
})

test('AUC is the share of pairs in order, ties half', () => {
  const value = fc.constantFrom(
    -Infinity,
    -2.5,
    -1e-300,
    -0,
    0,
    5e-324,
    0.1,
    0.3,
    1,
    1e300,
    Infinity,
  )
  const rows = fc.array(fc.tuple(fc.boolean(), fc.oneof(value, fc.double({ noNaN: true }))), {
    minLength: 2,
    maxLength: 40,
  })
  fc.assert(
    fc.property(rows, (pairs) => {
      const positive = pairs.filter(([label]) => label).map(([, score]) => score)
      const negative = pairs.filter(([label]) => !label).map(([, score]) => score)
      fc.pre(positive.length > 0 && negative.length > 0)
      let sum = 0
      for (const p of positive) {
        for (const q of negative) sum += p > q ? 1 : p === q ? 0.5 : 0
      }
      const value = auc(
        Uint8Array.from(pairs, ([label]) => Number(label)),
        pairs.map(([, score]) => score),
      )
      assertClose(value, sum / (positive.length * negative.length))
    }),
  )
})

test('losses equal those of scikit-learn', () => {
  // scikit-learn 1.9.1: log_loss(y, a), brier_score_loss(y, a); scipy 1.17.1: sem of the row losses.
  const log = logLoss(labels, scoresA, 0.95)
  assertClose(log.value, 0.5963104057767742)
  assertClose(log.standardError, 0.024358647344592664)
  assertClose(log.upper, 0.5963104057767742 + 1.959963984540054 * 0.024358647344592664)
  const square = brier(labels, scoresA, 0.9)
  assertClose(square.value, 0.2116163708086785)
  assertClose(square.standardError, 0.010618380805744407)
  // log_loss([0, 1, 1], [1.0, 1.0, 0.25])
  assertClose(logLoss(Uint8Array.of(0, 1, 1), [1, 1, 0.25], 0.5).value, 12.476649250079014)
  assert.equal(lossesLog(labels, scoresA).length, 300)
  assertClose(lossesBrier(Uint8Array.of(1, 0), [0.75, 0.5])[0]!, 0.0625)
})

test('a paired difference is the interval of the mean of differences', () => {
  const same = pairedMeanDifference([1, 2, 3], [1, 2, 3], 0.95)
  assert.deepEqual(same, { value: 0, lower: 0, upper: 0, standardError: 0 })
  const { value, standardError } = pairedMeanDifference([3, 1, 2], [1, 1, 1], 0.95)
  assert.equal(value, 1)
  assertClose(standardError, Math.sqrt(1 / 3))
})

test('calibration counts, means and error equal those of numpy', () => {
  // numpy: h = minimum((a * 10).astype(int), 9); per bin the size, a.mean(), y.mean(); the weighted
  // mean of their absolute differences.
  const { bins, expectedCalibrationError } = calibration(labels, scoresA, 10)
  assertClose(expectedCalibrationError, 0.1165384615384615)
  assert.deepEqual(
    bins.slice(0, 3).map(({ lower, upper, count }) => [lower, upper, count]),
    [
      [0, 0.1, 29],
      [0.1, 0.2, 31],
      [0.2, 0.3, 33],
    ],
  )
  assertClose(bins[1]!.meanScore, 0.15732009925558316)
  assertClose(bins[1]!.rate, 0.1935483870967742)
  const edge = calibration(Uint8Array.of(1, 1), [1, 1], 4)
  assert.deepEqual(edge.bins[3], { lower: 0.75, upper: 1, count: 2, meanScore: 1, rate: 1 })
  assert.deepEqual(edge.bins[0], { lower: 0, upper: 0.25, count: 0, meanScore: null, rate: null })
  assert.equal(edge.expectedCalibrationError, 0)
})

test('95 % intervals cover the truth in about 95 % of samples', () => {
  const random = createRandom(1)
  const truth = 0.7602499389065233 // P(X > Y) for X ~ N(1, 1), Y ~ N(0, 1): norm.cdf(1 / sqrt(2))
  let covered = 0
  for (let run = 0; run < 600; run++) {
    const drawn = Uint8Array.from({ length: 200 }, () => random.integer(2))
    const scores = Float64Array.from(drawn, (label) => random.normal() + label)
    const { lower, upper } = aucWithInterval(drawn, scores, 0.95)
    if (lower <= truth && truth <= upper) covered++
  }
  // Binomial(600, 0.95): 0.0001 and 0.9999 quantiles.
  assert.ok(covered >= 548 && covered <= 588, `covered ${covered} of 600`)
})

test('input that has no answer is refused with the reason', () => {
  const one = Uint8Array.of(1, 1)
  const two = Uint8Array.of(0, 1)
  const cases: [() => unknown, RegExp][] = [
    [() => auc(one, [0.1, 0.2]), /1 rows of each class, got 2 positive and 0 negative/],
    [() => aucWithInterval(two, [0.1, 0.2], 0.95), /2 rows of each class/],
    [() => auc(two, [0.1]), /2 labels but 1 scores/],
    [() => auc(two, [0.1, Number.NaN]), /row 1 is NaN/],
    [() => auc(Uint8Array.of(0, 3), [0.1, 0.2]), /label of row 1 is 3/],
    [() => brier(two, [0.5, 1.5], 0.95), /row 1 is 1.5; a probability/],
    [() => logLoss(Uint8Array.of(1), [0.5], 0.95), /needs two rows/],
    [() => logLoss(two, [0.5, 0.5], 1), /level must be between 0 and 1/],
    [() => pairedMeanDifference([1], [1, 2], 0.95), /equal lengths, got 1 and 2/],
    [() => pairedMeanDifference([1], [1], 0.95), /needs two rows/],
    [() => calibration(two, [0.5, 0.5], 0), /whole number of bins/],
  ]
  for (const [run, message] of cases) {
    assert.throws(run, (error) => error instanceof GyreError && message.test(error.public))
  }
})
