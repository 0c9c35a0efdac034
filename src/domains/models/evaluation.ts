export const metricNames = ['auc', 'log_loss', 'brier'] as const
export type MetricName = (typeof metricNames)[number]

/** Whether more is better; of the others less is. */
export const higherIsBetter: Readonly<Record<MetricName, boolean>> = {
  auc: true,
  log_loss: false,
  brier: false,
}

/** A number with its 95 % interval. */
export interface Estimate {
  value: number
  low: number
  high: number
  standardError: number
}

export type Estimates = Partial<Record<MetricName, Estimate>>

/** Model minus the other on the same rows, and the other's own metrics. */
export interface ModelComparison {
  differences: Estimates
  metrics: Estimates
}

export interface EvaluationSlice {
  by: string
  label: string
  rows: number
  positives: number
  metrics: Estimates
  /** Differences from the baseline and the champion on the rows of the slice. */
  baseline?: Estimates | undefined
  champion?: Estimates | undefined
}

export interface FairnessResult {
  by: string
  threshold: number
  differences: Record<string, number>
  groups: {
    label: string
    rows: number
    selectionRate: number
    truePositiveRate: number | null
    falsePositiveRate: number | null
  }[]
}

export interface CalibrationBin {
  rows: number
  predicted: number
  observed: number
  low: number
  high: number
}

/** What `gyre models evaluate` writes, the registry keeps and the gate decides on. */
export interface Evaluation {
  modelSha256: string
  data: { path: string; sha256: string; rows: number; positives: number; inputs: string[] }
  target: string
  metrics: Estimates
  calibration: { error: number; bins: CalibrationBin[] }
  baseline?: ModelComparison | undefined
  champion?: (ModelComparison & { model: string; version: number; modelSha256: string }) | undefined
  /** Why there is no comparison with a champion. */
  championReason?: string | undefined
  slices: EvaluationSlice[]
  fairness: FairnessResult[]
  parity: { rows: number; largestDifference: number }
  createdAt: number
}
