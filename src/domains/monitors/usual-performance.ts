import {
  binnedAuc,
  binnedMean,
  type Figure,
  type LabelledDay,
  measureVariation,
  sumDays,
  type UsualVariation,
} from '#science/usual-variation'
import type { ModelProfile } from '#domains/models/index'
import { pAbove, type Uncertain } from './blocked.ts'
import type { PerformanceMetric } from './monitor.ts'

/** What one stretch of days as usual shows of a metric, or of the gap to what was predicted. */
export type UsualFigure = PerformanceMetric | 'gap'

/**
 * How much a figure of so many days varies in the training data of a version; undefined when its days
 * or their labels are not known. What is learned by heart varies less there than it does live: where
 * the version was evaluated as worse than it is on its training data, its variation grows in
 * proportion.
 */
export function usualVariation(
  profile: ModelProfile | undefined,
  figure: UsualFigure,
  windowDays: number,
  evaluated?: number,
): UsualVariation | undefined {
  const days = profile === undefined ? [] : labelledDays(profile)
  const edges = profile?.predictions.edges ?? []
  const figureOf = (day: LabelledDay): Figure | undefined => figures[figure](day, edges)
  const usual = measureVariation(days, windowDays, figureOf)
  if (usual === undefined || evaluated === undefined || figure === 'gap') return usual
  const learned = figureOf(sumDays(days))?.value ?? evaluated
  const error = (value: number): number => Math.max(1e-6, figure === 'auc' ? 1 - value : value)
  const factor = Math.max(1, error(evaluated) / error(learned))
  return { ...usual, variance: usual.variance * factor ** 2 }
}

/** A day without labels, as profiles of older versions have them, tells nothing. */
function labelledDays({ blocks }: ModelProfile): LabelledDay[] {
  return blocks.flatMap(({ predictions, positives }) => {
    if (positives === undefined) return []
    const negatives = predictions.map((count, bin) => count - (positives[bin] ?? 0))
    return [{ positives, negatives }]
  })
}

/** Rows of a bin count as predicted at its middle: good enough for how days differ. */
const figures: Readonly<
  Record<UsualFigure, (day: LabelledDay, edges: readonly number[]) => Figure | undefined>
> = {
  auc: (day) => binnedAuc(day),
  log_loss: (day, edges) =>
    binnedMean(
      day,
      (label, bin) => -Math.log(label === 1 ? middle(edges, bin) : 1 - middle(edges, bin)),
    ),
  brier: (day, edges) => binnedMean(day, (label, bin) => (label - middle(edges, bin)) ** 2),
  gap: (day, edges) => binnedMean(day, (label, bin) => label - middle(edges, bin)),
}

function middle(edges: readonly number[], bin: number): number {
  return ((edges[bin - 1] ?? 0) + (edges[bin] ?? 1)) / 2
}

/**
 * The estimate with the error that stretches of days usually have on top of that of rows. `periods`
 * is how many stretches are compared: a window, and the rows that the version was evaluated on.
 * Degrees by Welch and Satterthwaite, since rows are many.
 */
export function withUsual(
  { value, standardError }: Pick<Uncertain, 'value' | 'standardError'>,
  { variance, degrees }: UsualVariation,
  periods: number,
): Uncertain {
  const ofPeriods = periods * variance
  const all = ofPeriods + standardError ** 2
  return {
    value,
    standardError: Math.sqrt(all),
    degrees: ofPeriods === 0 ? Infinity : degrees * (all / ofPeriods) ** 2,
  }
}

/** An alarm has to be news to the days of the window and to those before (intersection-union; Berger 1982). */
export function largestP(estimates: readonly Uncertain[], threshold: number): number {
  return Math.max(...estimates.map((estimate) => pAbove(estimate, threshold)))
}
