/** Where a node splits best. Reused from node to node; `feature` is -1 when no split is worth it. */
export interface Split {
  feature: number
  /** Rows with 1 <= bin <= this one go left. */
  bin: number
  missingLeft: number
  /** Loss reduction, in log loss times rows. */
  gain: number
}

/** What a split must respect. */
export interface SplitLimits {
  minRowsPerLeaf: number
  l2: number
}

/** Numbers per histogram cell: sum of gradients, sum of hessians, rows. */
export const CELL = 3
/** Gains below this are rounding noise. */
const MINIMUM_GAIN = 1e-6

/**
 * Finds the split with the largest second-order loss reduction (Chen and Guestrin 2016, eq. 7),
 * trying both sides for missing values.
 *
 * `histogram` has, per feature, `stride` numbers: a cell for missing values, then one per bin up to
 * `lastBins[feature]`.
 */
export function findSplit(
  histogram: Float64Array,
  stride: number,
  lastBins: Int32Array,
  limits: SplitLimits,
  split: Split,
): void {
  split.feature = -1
  split.gain = MINIMUM_GAIN
  const { minRowsPerLeaf, l2 } = limits
  let totalGradient = 0
  let totalHessian = 0
  let totalRows = 0
  for (let cell = 0; cell < stride; cell += CELL) {
    totalGradient += histogram[cell]!
    totalHessian += histogram[cell + 1]!
    totalRows += histogram[cell + 2]!
  }
  const unsplit = score(totalGradient, totalHessian, l2)

  /** Takes the split when it beats the best so far. */
  const consider = (
    feature: number,
    bin: number,
    missingLeft: number,
    gradient: number,
    hessian: number,
    rows: number,
  ): void => {
    if (rows < minRowsPerLeaf || totalRows - rows < minRowsPerLeaf) return
    const left = score(gradient, hessian, l2)
    const right = score(totalGradient - gradient, totalHessian - hessian, l2)
    const gain = (left + right - unsplit) / 2
    if (gain <= split.gain) return
    split.feature = feature
    split.bin = bin
    split.missingLeft = missingLeft
    split.gain = gain
  }

  for (let feature = 0; feature < lastBins.length; feature++) {
    const missing = feature * stride
    const missingRows = histogram[missing + 2]!
    let gradient = 0
    let hessian = 0
    let rows = 0
    for (let bin = 1, cell = missing + CELL; bin <= lastBins[feature]!; bin++, cell += CELL) {
      if (histogram[cell + 2] === 0) continue
      gradient += histogram[cell]!
      hessian += histogram[cell + 1]!
      rows += histogram[cell + 2]!
      // Where training saw none, a missing value follows the larger child.
      const sideOfUnseen = missingRows === 0 && 2 * rows > totalRows ? 1 : 0
      consider(feature, bin, sideOfUnseen, gradient, hessian, rows)
      if (missingRows === 0) continue
      consider(
        feature,
        bin,
        1,
        gradient + histogram[missing]!,
        hessian + histogram[missing + 1]!,
        rows + missingRows,
      )
    }
  }
}

/** Twice the loss reduction of the best leaf value for these sums. */
function score(gradient: number, hessian: number, l2: number): number {
  const curvature = hessian + l2
  return curvature > 0 ? (gradient * gradient) / curvature : 0
}
