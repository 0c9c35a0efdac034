import { cautiousCorrelation, cutStretches, outlook, stretchDays } from './stretches.ts'

/** Labelled predictions of a day: rows of each class per bin of predictions, bins ascending. */
export interface LabelledDay {
  positives: readonly number[]
  negatives: readonly number[]
}

/** A figure of labelled rows, with the variance that independent rows give it. */
export interface Figure {
  value: number
  variance: number
}

/** How much a figure of a stretch of days differs from its long-run value although nothing is wrong. */
export interface UsualVariation {
  /** Apart from the noise of rows. */
  variance: number
  /** Independent stretches that this was learned from, less the one for their mean; at least 1. */
  degrees: number
  /** Correlation of neighbouring days. */
  autocorrelation: number
}

/**
 * Learns from the days of a reference how much a figure of a window of some days usually varies, with
 * whatever correlation, season or common shock the days have: by the means of stretches as long as the
 * window (batch means; Schmeiser 1982, "Batch size effects in the analysis of simulation output"),
 * less the noise of rows, around a mean that they share (`outlook`). Days on which the figure is not
 * defined say nothing and are left out. Undefined with fewer than four days.
 */
export function measureVariation(
  days: readonly LabelledDay[],
  windowDays: number,
  figureOf: (day: LabelledDay) => Figure | undefined,
): UsualVariation | undefined {
  const known = days.filter((day) => figureOf(day) !== undefined)
  const length = stretchDays(known.length, windowDays)
  const whole = figureOf(sumDays(known))
  if (length < 1 || whole === undefined) return undefined
  const deviations = (parts: readonly LabelledDay[]): Figure[] =>
    parts
      .map(figureOf)
      .filter((figure) => figure !== undefined)
      .map(({ value, variance }) => ({ value: value - whole.value, variance }))
  const autocorrelation = correlationOf(deviations(known))
  const stretches = deviations(cutStretches(known, length).map(sumDays))
  const seen = meanOf(stretches.map(({ value, variance }) => value ** 2 - variance))
  const { common, degrees } = outlook(autocorrelation, length, stretches.length)
  return { variance: Math.max(0, seen) / (1 - common), degrees, autocorrelation }
}

function correlationOf(days: readonly Figure[]): number {
  const alone = meanOf(days.map(({ value, variance }) => value ** 2 - variance))
  if (alone <= 0) return 0
  const together = meanOf(days.slice(1).map(({ value }, day) => value * (days[day]?.value ?? 0)))
  return cautiousCorrelation(together / alone, days.length)
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

/** The rows of several days together. */
export function sumDays(days: readonly LabelledDay[]): LabelledDay {
  const bins = days[0]?.positives.length ?? 0
  const sum = (side: keyof LabelledDay): number[] =>
    Array.from({ length: bins }, (_, bin) => days.reduce((n, day) => n + (day[side][bin] ?? 0), 0))
  return { positives: sum('positives'), negatives: sum('negatives') }
}

/**
 * Area under the ROC curve over bins, rows of one bin tied, with DeLong's variance. Undefined with
 * fewer than two rows of a class.
 */
export function binnedAuc({ positives, negatives }: LabelledDay): Figure | undefined {
  const p = total(positives)
  const n = total(negatives)
  if (p < 2 || n < 2) return undefined
  let below = 0
  let above = p
  let [wins, ofPositives, ofNegatives] = [0, 0, 0]
  positives.forEach((positive, bin) => {
    const negative = negatives[bin] ?? 0
    above -= positive
    // The chance that a row of this bin wins against one of the other class.
    const positiveWins = (below + negative / 2) / n
    const negativeLoses = (above + positive / 2) / p
    below += negative
    wins += positive * positiveWins
    ofPositives += positive * positiveWins ** 2
    ofNegatives += negative * negativeLoses ** 2
  })
  const value = wins / p
  const variance = (squares: number, rows: number): number =>
    Math.max(0, squares - rows * value ** 2) / (rows - 1) / rows
  return { value, variance: variance(ofPositives, p) + variance(ofNegatives, n) }
}

/** The mean of a loss over bins: `loss(label, bin)` is that of a row. Undefined below two rows. */
export function binnedMean(
  { positives, negatives }: LabelledDay,
  loss: (label: 0 | 1, bin: number) => number,
): Figure | undefined {
  const rows = total(positives) + total(negatives)
  if (rows < 2) return undefined
  let [sum, squares] = [0, 0]
  const add = (count: number, each: number): void => {
    sum += count * each
    squares += count * each ** 2
  }
  positives.forEach((count, bin) => add(count, loss(1, bin)))
  negatives.forEach((count, bin) => add(count, loss(0, bin)))
  const value = sum / rows
  return { value, variance: Math.max(0, squares / rows - value ** 2) / (rows - 1) }
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
