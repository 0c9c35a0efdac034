import type { Json } from '#kernel/json'
import { aucWithInterval, calibration, lossesBrier, lossesLog } from '#science/classification'
import type { UsualVariation } from '#science/usual-variation'
import type { Evaluation, ModelProfile } from '#domains/models/index'
import {
  type BlockedEstimate,
  blockedAuc,
  blockedMean,
  differenceFrom,
  interval,
  type Uncertain,
} from './blocked.ts'
import type { MonitorCheck, MonitorSettings, PerformanceMetric } from './monitor.ts'
import { largestP, usualVariation, withUsual } from './usual-performance.ts'
import type { RealisedRows } from './window-data.ts'

/** Labelled rows, and rows of each class, below which nothing is said. */
const leastRows = 100
const leastPerClass = 10
const metrics = ['auc', 'log_loss', 'brier'] as const
const calibrationBins = 10

/** What is known of the version that served. */
export interface PerformanceReference {
  evaluation: Evaluation | undefined
  profile: ModelProfile | undefined
}

/**
 * What labels say of the version that served, against the evaluation it was registered with: by the
 * error that rows and days of the window show, and by how much weeks of its training data differ.
 */
export function checkPerformance(
  realised: RealisedRows,
  reference: PerformanceReference,
  settings: MonitorSettings,
): MonitorCheck[] {
  const { labels } = realised
  const positives = labels.reduce((sum, label) => sum + label, 0)
  if (labels.length < leastRows || Math.min(positives, labels.length - positives) < leastPerClass) {
    return metrics.map((metric) => tooFew(metric, labels.length, settings))
  }
  return [
    ...metrics.map((metric) => checkMetric(metric, realised, reference, settings)),
    checkCalibration(realised, reference.profile, settings),
  ]
}

function tooFew(
  metric: PerformanceMetric,
  rows: number,
  { performance }: MonitorSettings,
): MonitorCheck {
  return {
    kind: 'performance',
    column: metric,
    measure: 'drop',
    size: null,
    low: null,
    high: null,
    threshold: performance?.metric === metric ? performance.maximumDrop : null,
    p: null,
    level: null,
    verdict: performance?.metric === metric ? 'undecided' : 'not-watched',
    text: `${metric}: ${rows.toLocaleString('en-US')} labelled rows are too few.`,
    values: {},
  }
}

function checkMetric(
  metric: PerformanceMetric,
  realised: RealisedRows,
  { evaluation, profile }: PerformanceReference,
  { performance }: MonitorSettings,
): MonitorCheck {
  const now = estimate(metric, realised)
  const [low, high] = interval(now)
  const before = evaluation?.metrics[metric]
  const watched = performance?.metric === metric ? performance : undefined
  const base = { kind: 'performance', column: metric, measure: 'drop', level: null } as const
  const value = { value: now.value, valueLow: low, valueHigh: high, rows: realised.labels.length }
  const text = `${metric} is ${now.value.toFixed(4)}, between ${low.toFixed(4)} and ${high.toFixed(4)}`
  if (before === undefined) {
    const none = { size: null, low: null, high: null, threshold: null, p: null }
    const verdict = watched === undefined ? 'not-watched' : 'undecided'
    const rest = `${text}; the version has no evaluation to compare it with.`
    return { ...base, ...none, verdict, text: rest, values: value }
  }
  const worse = differenceFrom(now, before)
  const drop = metric === 'auc' ? { ...worse, value: -worse.value } : worse
  const usual = usualVariation(profile, metric, daysOf(realised), before.value)
  const rows = Math.hypot(now.within, before.standardError)
  const estimates = both(drop, rows, usual, 2)
  const [dropLow, dropHigh] = widest(estimates)
  return {
    ...base,
    size: drop.value,
    low: dropLow,
    high: dropHigh,
    threshold: watched?.maximumDrop ?? null,
    p: watched === undefined ? null : largestP(estimates, watched.maximumDrop),
    verdict: watched === undefined ? 'not-watched' : 'ok',
    text: `${text}; it was ${before.value.toFixed(4)} when the version was registered.`,
    values: { ...value, reference: before.value, ...usualValues(usual) },
  }
}

/** The estimate by the days of the window and, where it is known, by how days usually vary. */
function both(
  apart: Uncertain,
  rowError: number,
  usual: UsualVariation | undefined,
  periods: number,
): Uncertain[] {
  if (usual === undefined) return [apart]
  return [apart, withUsual({ value: apart.value, standardError: rowError }, usual, periods)]
}

function widest(estimates: readonly Uncertain[]): [number, number] {
  const intervals = estimates.map(interval)
  return [
    Math.min(...intervals.map(([low]) => low)),
    Math.max(...intervals.map(([, high]) => high)),
  ]
}

function usualValues(usual: UsualVariation | undefined): Record<string, Json> {
  if (usual === undefined) return {}
  return { usual: Math.sqrt(usual.variance), autocorrelation: usual.autocorrelation }
}

function daysOf({ days }: RealisedRows): number {
  return new Set(days).size
}

function estimate(metric: PerformanceMetric, realised: RealisedRows): BlockedEstimate {
  const { labels, predictions, days, dayCount } = realised
  if (metric === 'auc') {
    const { standardError } = aucWithInterval(labels, predictions, 0.95)
    return blockedAuc(labels, predictions, days, dayCount, standardError)
  }
  const losses =
    metric === 'log_loss' ? lossesLog(labels, predictions) : lossesBrier(labels, predictions)
  return blockedMean(losses, days, dayCount)
}

/** The gap between what is predicted and what happens, over bands of predictions. */
function checkCalibration(
  realised: RealisedRows,
  profile: ModelProfile | undefined,
  settings: MonitorSettings,
): MonitorCheck {
  const { labels, predictions, days, dayCount } = realised
  const { bins, expectedCalibrationError: size } = calibration(labels, predictions, calibrationBins)
  // Each row's share of the error, with the sign of its band, adds up to the error itself.
  const signs = bins.map((bin) => Math.sign((bin.rate ?? 0) - (bin.meanScore ?? 0)))
  const gaps = predictions.map((score, row) => {
    const bin = Math.min(calibrationBins - 1, Math.floor(score * calibrationBins))
    return (signs[bin] ?? 0) * ((labels[row] ?? 0) - score)
  })
  const error = blockedMean(gaps, days, dayCount)
  const usual = usualVariation(profile, 'gap', daysOf(realised))
  const estimates = both(error, error.within, usual, 1)
  const [low, high] = widest(estimates)
  const threshold = settings.maximumCalibrationError
  return {
    kind: 'calibration',
    column: null,
    measure: 'calibration error',
    size,
    low: Math.max(0, low),
    high,
    threshold,
    p: threshold === null ? null : largestP(estimates, threshold),
    level: null,
    verdict: threshold === null ? 'not-watched' : 'ok',
    text: `Predictions are off by ${size.toFixed(4)} on average, between ${Math.max(0, low).toFixed(4)} and ${high.toFixed(4)}.`,
    values: {
      ...usualValues(usual),
      bins: bins.map(({ count, meanScore, rate }) => ({
        rows: count,
        predicted: meanScore,
        observed: rate,
      })),
    },
  }
}
