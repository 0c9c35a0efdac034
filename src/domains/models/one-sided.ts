import { normalQuantile } from '#science/special'
import type { Estimate } from './evaluation.ts'

/** What a value is at least, with this one-sided confidence. */
export function lowerBound(estimate: Estimate, confidence: number): number {
  return estimate.value - normalQuantile(confidence) * estimate.standardError
}
