import { sortOrder } from '#science/sort-order'
import { normalCdf, studentTCdf, studentTQuantile, normalQuantile } from '#science/special'

/** A number with the error that its days show: leaving out one at a time. */
export interface BlockedEstimate {
  value: number
  standardError: number
  /** The error that independent rows would show. */
  within: number
  /** Days less one; Infinity where there are too few to tell. */
  degrees: number
}

/** With fewer days, the error within them is all there is. */
const leastBlocks = 3

/** Mean of values by block of rows, with its jackknife error over blocks. */
export function blockedMean(
  values: Float64Array,
  blocks: Uint16Array,
  count: number,
): BlockedEstimate {
  const sums = new Float64Array(count)
  const rows = new Float64Array(count)
  let squares = 0
  let total = 0
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? 0
    const block = blocks[row] ?? 0
    sums[block] = (sums[block] ?? 0) + value
    rows[block] = (rows[block] ?? 0) + 1
    total += value
    squares += value * value
  }
  const n = values.length
  const value = total / n
  const within = Math.sqrt(Math.max(0, squares / n - value * value) / n)
  const without: number[] = []
  for (let block = 0; block < count; block++) {
    const left = n - (rows[block] ?? 0)
    if ((rows[block] ?? 0) > 0 && left > 0) without.push((total - (sums[block] ?? 0)) / left)
  }
  return withJackknife(value, within, without)
}

/**
 * Area under the ROC curve, with its jackknife error over blocks: one sort for all of them.
 * `withinError` is what the rows show when they are taken for independent.
 */
export function blockedAuc(
  labels: Uint8Array,
  scores: Float64Array,
  blocks: Uint16Array,
  count: number,
  withinError: number,
): BlockedEstimate {
  const order = sortOrder(scores)
  const value = aucWithout(order, labels, scores, blocks, -1)
  const without: number[] = []
  for (let block = 0; block < count; block++) {
    const left = aucWithout(order, labels, scores, blocks, block)
    if (!Number.isNaN(left)) without.push(left)
  }
  return withJackknife(value, withinError, without)
}

/** Mann-Whitney's statistic in one pass over the sorted rows; NaN with one class only. */
function aucWithout(
  order: Uint32Array,
  labels: Uint8Array,
  scores: Float64Array,
  blocks: Uint16Array,
  left: number,
): number {
  let negatives = 0
  let positives = 0
  let wins = 0
  for (let i = 0; i < order.length;) {
    const score = scores[order[i] ?? 0]
    let tiedPositives = 0
    let tiedNegatives = 0
    for (; i < order.length; i++) {
      const row = order[i] ?? 0
      if (scores[row] !== score) break
      if (blocks[row] === left) continue
      if (labels[row] === 1) tiedPositives++
      else tiedNegatives++
    }
    wins += tiedPositives * (negatives + tiedNegatives / 2)
    positives += tiedPositives
    negatives += tiedNegatives
  }
  return wins / (positives * negatives)
}

function withJackknife(value: number, within: number, without: readonly number[]): BlockedEstimate {
  if (without.length < leastBlocks)
    return { value, standardError: within, within, degrees: Infinity }
  const mean = without.reduce((sum, left) => sum + left, 0) / without.length
  const squares = without.reduce((sum, left) => sum + (left - mean) ** 2, 0)
  const between = Math.sqrt((squares * (without.length - 1)) / without.length)
  // Few days may agree by chance: the error within them is the least there is, and the tails are
  // those of few days either way.
  return { value, standardError: Math.max(between, within), within, degrees: without.length - 1 }
}

/** An estimate and the tails that its error has. */
export type Uncertain = Pick<BlockedEstimate, 'value' | 'standardError' | 'degrees'>

/** Difference of a blocked estimate from a number known with an error of its own. */
export function differenceFrom(
  estimate: Uncertain,
  other: { value: number; standardError: number },
): Uncertain {
  const variance = estimate.standardError ** 2 + other.standardError ** 2
  // Welch and Satterthwaite: the other's error is known well.
  const degrees =
    estimate.standardError === 0
      ? Infinity
      : (estimate.degrees * variance ** 2) / estimate.standardError ** 4
  return { value: estimate.value - other.value, standardError: Math.sqrt(variance), degrees }
}

/** P of seeing so much if the true value were at most `threshold`. */
export function pAbove({ value, standardError, degrees }: Uncertain, threshold: number): number {
  if (standardError === 0) return value > threshold ? 0 : 1
  const t = (value - threshold) / standardError
  return degrees === Infinity ? normalCdf(-t) : studentTCdf(-t, degrees)
}

/** The two-sided 95 % interval. */
export function interval({ value, standardError, degrees }: Uncertain): [number, number] {
  const reach =
    (degrees === Infinity ? normalQuantile(0.975) : studentTQuantile(0.975, degrees)) *
    standardError
  return [value - reach, value + reach]
}
