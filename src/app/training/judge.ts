import type {
  CalibrationBin,
  Estimate,
  Estimates,
  FairnessResult,
  ModelComparison,
} from '#domains/models/index'
import {
  aucWithInterval,
  brier,
  calibration,
  logLoss,
  lossesBrier,
  lossesLog,
  pairedAucDifference,
  pairedMeanDifference,
} from '#science/classification'
import { demographicParityDifference, equalizedOddsDifference, groupRates } from '#science/fairness'
import type { Interval } from '#science/interval'
import type { Division } from './slices.ts'

const level = 0.95
const calibrationBins = 10
/** Groups with fewer rows say nothing about fairness. */
const leastGroupRows = 50

function estimateOf({ value, lower, upper, standardError }: Interval): Estimate {
  return { value, low: lower, high: upper, standardError }
}

/** How good scores are; AUC is left out where there are not two rows of each class. */
export function measure(labels: Uint8Array, scores: Float64Array): Estimates {
  const means = {
    log_loss: estimateOf(logLoss(labels, scores, level)),
    brier: estimateOf(brier(labels, scores, level)),
  }
  if (!hasBoth(labels)) return means
  return { auc: estimateOf(aucWithInterval(labels, scores, level)), ...means }
}

/** A model against another on the same rows: its metric minus the other's. */
export function compare(
  labels: Uint8Array,
  scores: Float64Array,
  others: Float64Array,
): ModelComparison {
  return { differences: differences(labels, scores, others), metrics: measure(labels, others) }
}

export function differences(
  labels: Uint8Array,
  scores: Float64Array,
  others: Float64Array,
): Estimates {
  const losses = (of: (l: Uint8Array, s: Float64Array) => Float64Array) =>
    estimateOf(pairedMeanDifference(of(labels, scores), of(labels, others), level))
  const means = { log_loss: losses(lossesLog), brier: losses(lossesBrier) }
  if (!hasBoth(labels)) return means
  return { auc: estimateOf(pairedAucDifference(labels, scores, others, level)), ...means }
}

function hasBoth(labels: Uint8Array): boolean {
  const positives = labels.reduce((sum, label) => sum + label, 0)
  return positives >= 2 && labels.length - positives >= 2
}

/** Predicted and observed shares in bands, the observed with Wilson's 95 % interval. */
export function calibrate(
  labels: Uint8Array,
  scores: Float64Array,
): { error: number; bins: CalibrationBin[] } {
  const { bins, expectedCalibrationError } = calibration(labels, scores, calibrationBins)
  return {
    error: expectedCalibrationError,
    bins: bins.flatMap(({ count, meanScore, rate }) => {
      if (meanScore === null || rate === null) return []
      return [{ rows: count, predicted: meanScore, observed: rate, ...wilson(rate, count) }]
    }),
  }
}

function wilson(rate: number, count: number): { low: number; high: number } {
  const z = 1.959963984540054
  const squared = (z * z) / count
  const center = (rate + squared / 2) / (1 + squared)
  const reach = (z * Math.sqrt((rate * (1 - rate)) / count + squared / (4 * count))) / (1 + squared)
  return { low: Math.max(0, center - reach), high: Math.min(1, center + reach) }
}

/** The score above which as many rows are chosen as are positive: the default decision. */
export function matchedThreshold(labels: Uint8Array, scores: Float64Array): number {
  const positives = labels.reduce((sum, label) => sum + label, 0)
  const sorted = Float64Array.from(scores).sort()
  return sorted[sorted.length - Math.max(1, positives)] ?? 0.5
}

/** Differences between groups of decisions at a threshold; undefined: fewer than two groups. */
export function judgeFairness(
  division: Division,
  labels: Uint8Array,
  scores: Float64Array,
  threshold: number,
): FairnessResult | undefined {
  const decisions = Uint8Array.from(scores, (score) => (score >= threshold ? 1 : 0))
  const rates = groupRates(labels, decisions, division.labels)
  const large = rates.filter((rate) => rate.count >= leastGroupRows)
  if (large.length < 2) return undefined
  const options = { minRows: leastGroupRows, level }
  const differences: Record<string, number> = {
    demographic_parity_difference: demographicParityDifference(rates, options).value,
  }
  if (large.filter((rate) => rate.positives > 0 && rate.negatives > 0).length >= 2) {
    differences['equalized_odds_difference'] = equalizedOddsDifference(rates, options).value
  }
  return {
    by: division.name,
    threshold,
    differences,
    groups: rates.map((rate) => ({
      label: rate.group,
      rows: rate.count,
      selectionRate: rate.selectionRate,
      truePositiveRate: rate.truePositiveRate,
      falsePositiveRate: rate.falsePositiveRate,
    })),
  }
}

export function pick(labels: Uint8Array, rows: readonly number[]): Uint8Array {
  return Uint8Array.from(rows, (row) => labels[row] ?? 0)
}

export function pickScores(scores: Float64Array, rows: readonly number[]): Float64Array {
  return Float64Array.from(rows, (row) => scores[row] ?? Number.NaN)
}
