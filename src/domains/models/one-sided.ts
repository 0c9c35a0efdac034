import type { Estimate } from './evaluation.ts'

/**
 * The quantile of the standard normal distribution, to a relative error of 1.2e-9 (P. J. Acklam's
 * rational approximation). `p` in (0.5, 1).
 */
function normalQuantile(p: number): number {
  const tail = p > 0.97575
  if (tail) {
    const q = Math.sqrt(-2 * Math.log(1 - p))
    return -(
      polynomial(
        [
          -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734,
          4.374664141464968, 2.938163982698783,
        ],
        q,
      ) /
      polynomial(
        [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1],
        q,
      )
    )
  }
  const q = p - 0.5
  const r = q * q
  return (
    (polynomial(
      [
        -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2,
        -3.066479806614716e1, 2.506628277459239,
      ],
      r,
    ) *
      q) /
    polynomial(
      [
        -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1,
        -1.328068155288572e1, 1,
      ],
      r,
    )
  )
}

/** Highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0)
}

/** What a value is at least, with this one-sided confidence. */
export function lowerBound(estimate: Estimate, confidence: number): number {
  return estimate.value - normalQuantile(confidence) * estimate.standardError
}
