import { jensenShannonDivergence, shares } from './distances.ts'
import { cautiousCorrelation, cutStretches, outlook, stretchDays } from './stretches.ts'

/** How far stretches of a stream are from the whole of it although nothing is wrong. */
export interface Wander {
  /**
   * Jensen-Shannon divergence (base 2) that a further stretch, apart from the noise of its rows, has
   * from the whole on average.
   */
  divergence: number
  /** Independent stretches that this was learned from, less the one for their mean; at least 1. */
  degrees: number
  /** Correlation of neighbouring days. */
  autocorrelation: number
}

/**
 * Learns from the days of a reference how far a window of some days usually is from it. Undefined
 * with fewer than four days.
 *
 * 1. The reference is cut into stretches as long as the window, so that whatever correlation, season or
 *    common shock its days have is in their means as it is in the window's. The mean divergence of a
 *    stretch from the whole, less what the noise of rows makes of it, is how far one usually is (batch
 *    means; Schmeiser 1982, "Batch size effects in the analysis of simulation output").
 * 2. Neighbouring stretches of a slow stream are alike, and the whole lies nearer to its own stretches
 *    than to one that comes later. Both follow from the correlation r of neighbouring days, taken for
 *    autoregressive of order one and estimated so that its bias in a short series is undone (the r
 *    whose expected estimate is the one seen; Marriott and Pope 1954), plus one standard error. Variances of means of
 *    autoregressive days as in Bayley and Hammersley 1946, "The 'effective' number of independent
 *    observations in an autocorrelated time series".
 */
export function measureWander(
  days: readonly (readonly number[])[],
  windowDays: number,
): Wander | undefined {
  const filled = days.filter((day) => total(day) > 0)
  const length = stretchDays(filled.length, windowDays)
  if (length < 1) return undefined
  const whole = sumOf(filled)
  const autocorrelation = dayCorrelation(filled, whole)
  const stretches = cutStretches(filled, length).map(sumOf)
  const seen = stretches.reduce((sum, stretch) => sum + excess(stretch, whole), 0)
  const { common, degrees } = outlook(autocorrelation, length, stretches.length)
  // Stretches lie around their own mean, a later window around the true one, as that mean itself does.
  const ahead = (1 + common) / (1 - common)
  return { divergence: (Math.max(0, seen) / stretches.length) * ahead, degrees, autocorrelation }
}

/** Divergence of a part from the whole that it belongs to, less what independent rows would show. */
function excess(part: readonly number[], whole: readonly number[]): number {
  const divergence = jensenShannonDivergence(shares(part, whole), shares(whole, part))
  return divergence - noise(part, whole) / (8 * Math.LN2)
}

/** Expected chi-square distance of a part from its whole by the noise of rows alone. */
function noise(part: readonly number[], whole: readonly number[]): number {
  const bins = whole.filter((count) => count > 0).length
  return (bins - 1) * (1 / total(part) - 1 / total(whole))
}

/** Correlation of neighbouring days in all bins together, in the metric of chi-square. */
function dayCorrelation(days: readonly (readonly number[])[], whole: readonly number[]): number {
  const mean = shares(whole, whole)
  const deviations = days.map((day) =>
    shares(day, whole).map((share, bin) =>
      mean[bin]! > 0 ? (share - mean[bin]!) / Math.sqrt(mean[bin]!) : 0,
    ),
  )
  let together = 0
  let alone = 0
  for (const [day, deviation] of deviations.entries()) {
    alone += dot(deviation, deviation) - noise(days[day]!, whole)
    if (day > 0) together += dot(deviation, deviations[day - 1]!)
  }
  if (alone <= 0) return 0
  const seen = together / (days.length - 1) / (alone / days.length)
  return cautiousCorrelation(seen, days.length)
}

function sumOf(days: readonly (readonly number[])[]): number[] {
  return days[0]!.map((_, bin) => days.reduce((sum, day) => sum + day[bin]!, 0))
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, bin) => sum + value * b[bin]!, 0)
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
