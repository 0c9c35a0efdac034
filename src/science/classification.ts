import { invalid } from '#kernel/errors'
import { meanAndVariance, meanInterval, normalInterval } from './interval.ts'
import type { Interval } from './interval.ts'
import { sortOrder } from './sort-order.ts'

/** Labels, 0 or 1 per row. */
type Labels = Uint8Array
/** Scores, one per row: probabilities of class 1 where a function says so. */
type Scores = Float64Array | readonly number[]

const SHARE = { least: 0, most: 1 }

/**
 * Area under the ROC curve: the chance that a positive row scores above a negative one, ties half
 * (Mann-Whitney). Scores may be any numbers.
 *
 * Errors, of this and the functions below: `invalid` for lengths that differ, labels other than 0
 * and 1, NaN scores, and rows of one class only.
 */
export function auc(labels: Labels, scores: Scores): number {
  return meanAndVariance(placements(labels, scores, 1).positive).mean
}

/**
 * AUC with DeLong's interval (DeLong, DeLong and Clarke-Pearson 1988), in O(n log n) as Sun and Xu
 * 2014. `level` is the confidence, e.g. 0.95. Needs two rows of each class.
 */
export function aucWithInterval(labels: Labels, scores: Scores, level: number): Interval {
  const { positive, negative } = placements(labels, scores, 2)
  const value = meanAndVariance(positive).mean
  return normalInterval(value, placementError(positive, negative), level, SHARE)
}

/** AUC of A minus AUC of B on the same rows, with DeLong's paired interval. */
export function pairedAucDifference(
  labels: Labels,
  scoresA: Scores,
  scoresB: Scores,
  level: number,
): Interval {
  const a = placements(labels, scoresA, 2)
  const b = placements(labels, scoresB, 2)
  const positive = a.positive.map((value, index) => value - b.positive[index]!)
  const negative = a.negative.map((value, index) => value - b.negative[index]!)
  const value = meanAndVariance(positive).mean
  const error = placementError(positive, negative)
  return normalInterval(value, error, level, { least: -1, most: 1 })
}

/**
 * Mean log loss in nats of probabilities, clipped to [2^-52, 1 - 2^-52] as scikit-learn does, with
 * the interval of the mean.
 */
export function logLoss(labels: Labels, scores: Scores, level: number): Interval {
  return meanInterval(lossesLog(labels, scores), level, { least: 0, most: Infinity })
}

/** Brier score, the mean squared error of probabilities, with the interval of the mean. */
export function brier(labels: Labels, scores: Scores, level: number): Interval {
  return meanInterval(lossesBrier(labels, scores), level, SHARE)
}

/** Log loss of each row, in nats; see `logLoss`. */
export function lossesLog(labels: Labels, scores: Scores): Float64Array {
  const probabilities = checkedProbabilities(labels, scores)
  const least = Number.EPSILON
  return probabilities.map((score, row) => {
    const given = labels[row] === 1 ? score : 1 - score
    return -Math.log(Math.min(Math.max(given, least), 1 - least))
  })
}

/** Squared error of each row's probability. */
export function lossesBrier(labels: Labels, scores: Scores): Float64Array {
  return checkedProbabilities(labels, scores).map((score, row) => (score - labels[row]!) ** 2)
}

/**
 * Mean of x - y over rows, with its interval: compares two models on the losses of the same rows.
 *
 * Errors: `invalid` for lengths that differ or fewer than two rows.
 */
export function pairedMeanDifference(xs: Scores, ys: Scores, level: number): Interval {
  if (xs.length !== ys.length) {
    throw invalid(`A paired comparison needs equal lengths, got ${xs.length} and ${ys.length}.`)
  }
  if (xs.length < 2) throw invalid(`A paired comparison needs two rows, got ${xs.length}.`)
  return meanInterval(
    Float64Array.from(xs, (x, row) => x - ys[row]!),
    level,
  )
}

/** Rows whose score falls in one band; means are null when there are none. */
export interface CalibrationBin {
  lower: number
  upper: number
  count: number
  meanScore: number | null
  /** Share of positive rows. */
  rate: number | null
}

export interface Calibration {
  bins: CalibrationBin[]
  /** Mean over rows of |rate - mean score| of their bin (Naeini et al. 2015). */
  expectedCalibrationError: number
}

/** Reliability of probabilities in `bins` equally wide bands [lower, upper); the last includes 1. */
export function calibration(labels: Labels, scores: Scores, bins: number): Calibration {
  if (!Number.isInteger(bins) || bins < 1 || bins > 1000) {
    throw invalid(`Calibration needs a whole number of bins from 1 to 1000, got ${bins}.`)
  }
  const probabilities = checkedProbabilities(labels, scores)
  const counts = new Float64Array(bins)
  const scoreSums = new Float64Array(bins)
  const positives = new Float64Array(bins)
  for (let row = 0; row < probabilities.length; row++) {
    const score = probabilities[row]!
    const bin = Math.min(bins - 1, Math.floor(score * bins))
    counts[bin]! += 1
    scoreSums[bin]! += score
    positives[bin]! += labels[row]!
  }
  let error = 0
  const filled = Array.from(counts, (count, bin): CalibrationBin => {
    const range = { lower: bin / bins, upper: (bin + 1) / bins, count }
    if (count === 0) return { ...range, meanScore: null, rate: null }
    error += Math.abs(positives[bin]! - scoreSums[bin]!) / probabilities.length
    return { ...range, meanScore: scoreSums[bin]! / count, rate: positives[bin]! / count }
  })
  return { bins: filled, expectedCalibrationError: error }
}

/** DeLong's structural components of each row, by class. */
interface Placements {
  /** Per positive row, the share of negatives below it. */
  positive: Float64Array
  /** Per negative row, the share of positives above it. */
  negative: Float64Array
}

function placements(labels: Labels, scores: Scores, leastPerClass: number): Placements {
  const values = checkedScores(labels, scores)
  const positives = labels.reduce((sum, label) => sum + label, 0)
  const negatives = labels.length - positives
  if (positives < leastPerClass || negatives < leastPerClass) {
    throw invalid(
      `AUC needs ${leastPerClass} rows of each class, got ${positives} positive and ${negatives} negative.`,
    )
  }
  const share = new Float64Array(labels.length)
  const order = sortOrder(values)
  let below = 0
  let start = 0
  while (start < order.length) {
    let end = start
    let tiedPositives = 0
    while (end < order.length && values[order[end]!] === values[order[start]!]) {
      tiedPositives += labels[order[end++]!]!
    }
    const tiedNegatives = end - start - tiedPositives
    const positivesBelow = start - below
    const ofPositive = (below + tiedNegatives / 2) / negatives
    const ofNegative = (positives - positivesBelow - tiedPositives / 2) / positives
    for (let index = start; index < end; index++) {
      const row = order[index]!
      share[row] = labels[row] === 1 ? ofPositive : ofNegative
    }
    below += tiedNegatives
    start = end
  }
  return {
    positive: share.filter((_, row) => labels[row] === 1),
    negative: share.filter((_, row) => labels[row] === 0),
  }
}

function placementError(positive: Float64Array, negative: Float64Array): number {
  const ofPositive = meanAndVariance(positive).variance / positive.length
  const ofNegative = meanAndVariance(negative).variance / negative.length
  return Math.sqrt(ofPositive + ofNegative)
}

function checkedProbabilities(labels: Labels, scores: Scores): Float64Array {
  const values = checkedScores(labels, scores)
  if (values.length < 2) throw invalid(`A mean loss needs two rows, got ${values.length}.`)
  const row = values.findIndex((score) => score < 0 || score > 1)
  if (row < 0) return values
  throw invalid(`The score of row ${row} is ${values[row]}; a probability is from 0 to 1.`)
}

function checkedScores(labels: Labels, scores: Scores): Float64Array {
  if (labels.length !== scores.length) {
    throw invalid(`There are ${labels.length} labels but ${scores.length} scores.`)
  }
  const values = scores instanceof Float64Array ? scores : Float64Array.from(scores)
  for (let row = 0; row < values.length; row++) {
    if (Number.isNaN(values[row]!)) throw invalid(`The score of row ${row} is NaN.`)
    if (labels[row]! > 1) throw invalid(`The label of row ${row} is ${labels[row]}, not 0 or 1.`)
  }
  return values
}
