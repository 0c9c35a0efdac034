import { invalid } from '#kernel/errors'

/** Count, mean and sum of squared deviations of a stream. JSON-ready. */
export interface Moments {
  n: number
  mean: number
  m2: number
}

/** A confidence interval that holds at all times at once. */
export interface SequenceInterval {
  /** Mean of a minus mean of b; NaN while one of them has no rows. */
  estimate: number
  /** -Infinity until both streams have `LEAST_ROWS` rows. */
  lower: number
  upper: number
}

export interface SequenceOptions {
  /** Chance that the interval ever misses, in (0, 1). */
  alpha: number
  /** Rows of both streams together at which the interval is tightest; default 10,000. */
  optimalRows?: number
}

/** Below this per stream, the plug-in variance says too little. */
const LEAST_ROWS = 50
const DEFAULT_OPTIMAL_ROWS = 10_000

/** A stream without rows. */
export function emptyMoments(): Moments {
  return { n: 0, mean: 0, m2: 0 }
}

/** The moments with one more value (Welford 1962), as a new object. */
export function addToMoments(moments: Moments, x: number): Moments {
  const n = moments.n + 1
  const difference = x - moments.mean
  const mean = moments.mean + difference / n
  return { n, mean, m2: moments.m2 + difference * (x - mean) }
}

/** The moments of two streams put together (Chan, Golub and LeVeque 1979). */
export function mergeMoments(a: Moments, b: Moments): Moments {
  const n = a.n + b.n
  if (n === 0) return emptyMoments()
  const difference = b.mean - a.mean
  const mean = a.mean + (difference * b.n) / n
  return { n, mean, m2: a.m2 + b.m2 + (difference * difference * a.n * b.n) / n }
}

/**
 * Asymptotic confidence sequence for mean(a) - mean(b) of two independent streams: with probability
 * 1 - alpha the true difference is inside at every look, however often one looks and whenever one
 * stops, in the limit of many rows.
 *
 * Robbins' normal mixture with the plug-in variance (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas
 * 2021, "Time-uniform central limit theory and asymptotic confidence sequences", theorem 2.2) on the
 * variance V = va / na + vb / nb of the difference, with t = na + nb rows as time:
 * half-width = sqrt(V (t rho^2 + 1) / (t rho^2) * log((t rho^2 + 1) / alpha^2)).
 *
 * Errors: `invalid` for alpha outside (0, 1) or optimalRows below 1.
 */
export function meanDifferenceSequence(
  a: Moments,
  b: Moments,
  options: SequenceOptions,
): SequenceInterval {
  const { alpha, optimalRows = DEFAULT_OPTIMAL_ROWS } = options
  if (!(alpha > 0 && alpha < 1)) throw invalid(`Alpha must be between 0 and 1, got ${alpha}.`)
  if (!(optimalRows >= 1)) throw invalid(`Optimal rows must be 1 or more, got ${optimalRows}.`)
  const estimate = a.n === 0 || b.n === 0 ? Number.NaN : a.mean - b.mean
  if (a.n < LEAST_ROWS || b.n < LEAST_ROWS) {
    return { estimate, lower: -Infinity, upper: Infinity }
  }
  const variance = a.m2 / (a.n - 1) / a.n + b.m2 / (b.n - 1) / b.n
  const scaled = ((a.n + b.n) * tightestAt(alpha)) / optimalRows
  const widening = ((scaled + 1) / scaled) * Math.log((scaled + 1) / alpha ** 2)
  const reach = Math.sqrt(variance * widening)
  return { estimate, lower: estimate - reach, upper: estimate + reach }
}

/** rho^2 times the rows at which the sequence is tightest (the paper's appendix, approximately). */
function tightestAt(alpha: number): number {
  const doubled = -2 * Math.log(alpha)
  return doubled + Math.log(doubled + 1)
}
