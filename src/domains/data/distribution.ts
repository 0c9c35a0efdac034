import { type FileColumn, quantileGrid } from './file-profile.ts'

/** The merged distribution of a numeric column. */
export interface Distribution {
  minimum: number
  maximum: number
  count: number
  /** The share of values up to x. */
  share(x: number): number
  quantile(probability: number): number
}

interface Curve {
  weight: number
  /** Ascending values and the share of the part's values up to each. */
  values: number[]
  shares: number[]
}

/**
 * The mixture of parts whose quantiles are known: each is a line from quantile to quantile, and a
 * jump where quantiles are equal. Undefined when there are no values.
 */
export function distributionOf(parts: readonly FileColumn[]): Distribution | undefined {
  const curves: Curve[] = []
  for (const part of parts) {
    if (part.quantiles === null || part.count === 0) continue
    curves.push({
      weight: part.count,
      values: [part.minimum as number, ...part.quantiles, part.maximum as number],
      shares: [0, ...quantileGrid, 1],
    })
  }
  if (curves.length === 0) return undefined
  const count = curves.reduce((sum, curve) => sum + curve.weight, 0)
  const minimum = Math.min(...curves.map((curve) => curve.values[0] ?? 0))
  const maximum = Math.max(...curves.map((curve) => curve.values.at(-1) ?? 0))
  const share = (x: number): number =>
    curves.reduce((sum, curve) => sum + shareOf(curve, x) * curve.weight, 0) / count
  return {
    minimum,
    maximum,
    count,
    share,
    quantile: (probability) =>
      curves.length === 1 && curves[0] !== undefined
        ? quantileOf(curves[0], probability)
        : bisect(share, probability, minimum, maximum),
  }
}

function shareOf({ values, shares }: Curve, x: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((values[middle] ?? 0) <= x) low = middle + 1
    else high = middle
  }
  if (low === 0) return 0
  if (low === values.length) return 1
  const [x0, x1] = [values[low - 1] ?? 0, values[low] ?? 0]
  const [p0, p1] = [shares[low - 1] ?? 0, shares[low] ?? 1]
  return p0 + ((x - x0) / (x1 - x0)) * (p1 - p0)
}

function quantileOf({ values, shares }: Curve, probability: number): number {
  const i = shares.findIndex((share) => share >= probability)
  const [p0, p1] = [shares[i - 1] ?? 0, shares[i] ?? 1]
  const [x0, x1] = [values[i - 1] ?? values[0] ?? 0, values[i] ?? 0]
  return p1 === p0 ? x1 : x0 + ((probability - p0) / (p1 - p0)) * (x1 - x0)
}

/** The least x whose share reaches the probability, to 50 halvings of the range. */
function bisect(
  share: (x: number) => number,
  probability: number,
  minimum: number,
  maximum: number,
): number {
  let [low, high] = [minimum, maximum]
  for (let i = 0; i < 50 && low < high; i++) {
    const middle = low + (high - low) / 2
    if (share(middle) >= probability) high = middle
    else low = middle
  }
  return Number(high.toPrecision(12))
}
