/** How often two events were seen, alone and together, among `total`. */
export interface JointCounts {
  total: number
  first: number
  second: number
  both: number
}

/**
 * Normalised pointwise mutual information of two events in [-1, 1]: -1 they never meet, 0 they are
 * independent, 1 they always come together. NaN when one of them was never seen. `smoothing` is added
 * to each cell of the 2×2 table; 0.5 is Jeffreys' prior.
 * Source: G. Bouma, "Normalized (pointwise) mutual information in collocation extraction", 2009.
 */
export function pointwiseInformation(counts: JointCounts, smoothing: number): number {
  const { total, first, second, both } = counts
  const neither = total - first - second + both
  if (first === 0 || second === 0 || both > Math.min(first, second) || neither < 0) return NaN
  if (smoothing === 0 && both === 0) return -1
  if (both === total) return 1
  const joint = both + smoothing
  const all = total + 4 * smoothing
  const expected = ((first + 2 * smoothing) / all) * ((second + 2 * smoothing) / all)
  const information = Math.log(joint / all / expected) / -Math.log(joint / all)
  return Math.max(-1, Math.min(1, information))
}
