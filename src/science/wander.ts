import { jensenShannonDivergence, shares } from './distances.ts'

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

/** Fewer stretches say nothing about how they differ: shorter ones are taken, which differ more. */
const LEAST_STRETCHES = 4
const MOST_AUTOCORRELATION = 0.99

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
  const length = Math.min(windowDays, Math.floor(filled.length / LEAST_STRETCHES))
  if (length < 1) return undefined
  const whole = sumOf(filled)
  const autocorrelation = dayCorrelation(filled, whole)
  const stretches = cut(filled, length)
  const seen = stretches.reduce((sum, stretch) => sum + excess(stretch, whole), 0)
  const { ahead, degrees } = outlook(autocorrelation, length, stretches.length)
  return { divergence: (Math.max(0, seen) / stretches.length) * ahead, degrees, autocorrelation }
}

/** Stretches of so many days each; days that are over at the beginning are left out. */
function cut(days: readonly (readonly number[])[], length: number): number[][] {
  const count = Math.floor(days.length / length)
  const first = days.length - count * length
  return Array.from({ length: count }, (_, index) =>
    sumOf(days.slice(first + index * length, first + (index + 1) * length)),
  )
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
  const r = undoBias(seen, days.length)
  // Taken too low it raises false alarms, taken too high it does not: one standard error is added.
  return Math.min(MOST_AUTOCORRELATION, r + Math.sqrt((1 - r * r) / days.length))
}

/** The r in [0, 0.99] of which n days show this correlation on average: they are near their own mean. */
function undoBias(seen: number, n: number): number {
  const expected = (r: number): number => {
    const common = meanVariance(r, n)
    return (r - common) / (1 - common)
  }
  let low = 0
  let high = MOST_AUTOCORRELATION
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2
    if (expected(middle) < seen) low = middle
    else high = middle
  }
  return low
}

/**
 * What stretches of a reference say about one that comes later: `ahead` times their mean square
 * distance from the mean of all is that of the later one from the same mean.
 */
function outlook(r: number, length: number, count: number): { ahead: number; degrees: number } {
  const own = meanVariance(r, length)
  const common = meanVariance(r, length * count) / own
  let alike = 1
  for (let lag = 1; lag < count; lag++) {
    const covariance = (r ** ((lag - 1) * length + 1) * geometric(r, length) ** 2) / length ** 2
    alike += 2 * (1 - lag / count) * (covariance / own) ** 2
  }
  return { ahead: (1 + common) / (1 - common), degrees: Math.max(1, count / alike - 1) }
}

/** Variance of the mean of n autoregressive values of variance 1 with correlation r in [0, 1). */
function meanVariance(r: number, n: number): number {
  const apart = (2 * r * (1 - r ** n)) / (n * (1 - r) ** 2)
  return ((1 + r) / (1 - r) - apart) / n
}

/** 1 + r + … + r^(n - 1) */
function geometric(r: number, n: number): number {
  return (1 - r ** n) / (1 - r)
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
