import { invalid } from '#kernel/errors'
import { normalQuantile } from './special.ts'

/** An estimate with its two-sided confidence interval. */
export interface Interval {
  value: number
  lower: number
  upper: number
  standardError: number
}

/** The range that a quantity can be in. */
interface Range {
  least: number
  most: number
}

/**
 * value ± z standard errors, cut to the range of the quantity.
 *
 * Errors: `invalid` for a level outside (0, 1).
 */
export function normalInterval(
  value: number,
  standardError: number,
  level: number,
  range: Range = { least: -Infinity, most: Infinity },
): Interval {
  const reach = normalQuantile(tailBelow(level)) * standardError
  const lower = Math.max(range.least, value - reach)
  const upper = Math.min(range.most, value + reach)
  return { value, lower, upper, standardError }
}

/** Mean of at least two values, with its interval by the central limit theorem. */
export function meanInterval(values: Float64Array, level: number, range?: Range): Interval {
  const { mean, variance } = meanAndVariance(values)
  return normalInterval(mean, Math.sqrt(variance / values.length), level, range)
}

/** Mean and sample variance (n - 1), in two passes. */
export function meanAndVariance(values: Float64Array): { mean: number; variance: number } {
  let sum = 0
  for (let index = 0; index < values.length; index++) sum += values[index]!
  const mean = sum / values.length
  let squares = 0
  for (let index = 0; index < values.length; index++) squares += (values[index]! - mean) ** 2
  return { mean, variance: squares / (values.length - 1) }
}

function tailBelow(level: number): number {
  if (level > 0 && level < 1) return (1 + level) / 2
  throw invalid(`A confidence level must be between 0 and 1, got ${level}.`)
}
