import { invalid } from '#kernel/errors'

/** Counts or weights per bin; only their shares matter unless a function says otherwise. */
type Histogram = ArrayLike<number>

/**
 * Jensen-Shannon distance of two histograms over the same bins: the square root of the divergence
 * with logarithms of base 2, in [0, 1] (Endres and Schindelin 2003), as SciPy's `jensenshannon`.
 *
 * Errors, of this and the functions below: `invalid` for lengths that differ, negative or non-finite
 * counts, and a total of zero.
 */
export function jensenShannonDistance(p: Histogram, q: Histogram): number {
  return Math.sqrt(Math.max(0, jensenShannonDivergence(shares(p, q), shares(q, p))))
}

/** The same of shares that are known to be valid, squared. */
export function jensenShannonDivergence(p: Float64Array, q: Float64Array): number {
  let sum = 0
  for (let bin = 0; bin < p.length; bin++) {
    const a = p[bin]!
    const b = q[bin]!
    if (a > 0) sum += a * Math.log2((2 * a) / (a + b))
    if (b > 0) sum += b * Math.log2((2 * b) / (a + b))
  }
  return sum / 2
}

/**
 * Population stability index, the sum of (q - p) ln(q / p), with 1 added to every count (Laplace), so
 * that empty bins stay finite. Takes counts, not shares.
 */
export function populationStability(p: Histogram, q: Histogram): number {
  shares(p, q)
  shares(q, p)
  const before = shares(plusOne(p), plusOne(q))
  const after = shares(plusOne(q), plusOne(p))
  return after.reduce(
    (sum, share, bin) => sum + (share - before[bin]!) * Math.log(share / before[bin]!),
    0,
  )
}

/** Total variation: half the sum of absolute differences of shares, in [0, 1]. */
export function totalVariation(p: Histogram, q: Histogram): number {
  const before = shares(p, q)
  const after = shares(q, p)
  return after.reduce((sum, share, bin) => sum + Math.abs(share - before[bin]!), 0) / 2
}

/**
 * Wasserstein-1 distance of two histograms with mass spread evenly in each bin, in the unit of the
 * edges: the area between the two piecewise linear distribution functions. `edges` has one more
 * number than there are bins, ascending.
 */
export function wassersteinFromHistogram(
  edges: ArrayLike<number>,
  p: Histogram,
  q: Histogram,
): number {
  const before = shares(p, q)
  const after = shares(q, p)
  if (edges.length !== before.length + 1) {
    throw invalid(`${before.length} bins need ${before.length + 1} edges, got ${edges.length}.`)
  }
  let gap = 0
  let area = 0
  for (let bin = 0; bin < before.length; bin++) {
    const width = edges[bin + 1]! - edges[bin]!
    if (!(width >= 0 && width < Infinity)) {
      throw invalid(`The edges must be finite and ascend, got ${edges[bin]}, ${edges[bin + 1]}.`)
    }
    const next = gap + after[bin]! - before[bin]!
    area += width * meanAbsolute(gap, next)
    gap = next
  }
  return area
}

/** Kolmogorov-Smirnov distance over ordered bins: the largest gap of cumulative shares. */
export function kolmogorovSmirnovDistance(p: Histogram, q: Histogram): number {
  const before = shares(p, q)
  const after = shares(q, p)
  let gap = 0
  let largest = 0
  for (let bin = 0; bin < before.length; bin++) {
    gap += after[bin]! - before[bin]!
    largest = Math.max(largest, Math.abs(gap))
  }
  return largest
}

/** Shares of the total per bin, of a histogram over the same bins as another one. */
export function shares(histogram: Histogram, other: Histogram): Float64Array {
  if (histogram.length !== other.length) {
    throw invalid(
      `Histograms need the same bins, got ${histogram.length} and ${other.length} of them.`,
    )
  }
  const counts = Float64Array.from(histogram)
  let total = 0
  for (const [bin, count] of counts.entries()) {
    if (!(count >= 0 && count < Infinity)) throw invalid(`Bin ${bin} has the count ${count}.`)
    total += count
  }
  if (!(total > 0)) throw invalid('A histogram has no rows: there is nothing to compare.')
  return counts.map((count) => count / total)
}

function plusOne(histogram: Histogram): Float64Array {
  return Float64Array.from(histogram, (count) => count + 1)
}

/** Mean of |x| on a straight line from one value to another. */
function meanAbsolute(from: number, to: number): number {
  if (from * to >= 0) return Math.abs(from + to) / 2
  return (from * from + to * to) / (2 * Math.abs(to - from))
}
