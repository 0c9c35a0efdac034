/** Fewer stretches say nothing about how they differ: shorter ones are taken, which differ more. */
const LEAST_STRETCHES = 4
const MOST_AUTOCORRELATION = 0.99

/** How many days a stretch has that stands for a window of so many; 0: there are too few. */
export function stretchDays(days: number, windowDays: number): number {
  return Math.min(windowDays, Math.floor(days / LEAST_STRETCHES))
}

/** Stretches of so many days each; days that are over at the beginning are left out. */
export function cutStretches<Day>(days: readonly Day[], length: number): Day[][] {
  const count = Math.floor(days.length / length)
  const first = days.length - count * length
  return Array.from({ length: count }, (_, index) =>
    days.slice(first + index * length, first + (index + 1) * length),
  )
}

/**
 * The correlation r of neighbouring days, from the one that n days show. Its bias in a short series is
 * undone (the r whose expected estimate is the one seen; Marriott and Pope 1954), and one standard
 * error is added: taken too low it raises false alarms, taken too high it does not.
 */
export function cautiousCorrelation(seen: number, n: number): number {
  const r = undoBias(seen, n)
  return Math.min(MOST_AUTOCORRELATION, r + Math.sqrt((1 - r * r) / n))
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
 * What stretches of a stream say about one that comes later. `common` is the variance of their mean, of
 * which the variance of a stretch is 1: they lie nearer to it than to the truth. `degrees` is how many
 * of them are independent, less the one for their mean; at least 1.
 */
export function outlook(
  r: number,
  length: number,
  count: number,
): { common: number; degrees: number } {
  const own = meanVariance(r, length)
  const common = meanVariance(r, length * count) / own
  let alike = 1
  for (let lag = 1; lag < count; lag++) {
    const covariance = (r ** ((lag - 1) * length + 1) * geometric(r, length) ** 2) / length ** 2
    alike += 2 * (1 - lag / count) * (covariance / own) ** 2
  }
  return { common, degrees: Math.max(1, count / alike - 1) }
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
