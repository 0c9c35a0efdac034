import type { Json } from '#kernel/json'

export type PerformanceMetric = 'auc' | 'log_loss' | 'brier'

/** What a monitor watches, and when it may say something. */
export interface MonitorSettings {
  endpoint: string
  /** Of event time, such as 7d; weeks begin on Monday, UTC. */
  window: string
  drift: { distance: 'jensen-shannon'; minimumSize: number } | null
  performance: { metric: PerformanceMetric; maximumDrop: number } | null
  maximumCalibrationError: number | null
  minimumLabelRate: number | null
  /** How old the newest data may be. */
  maximumStaleness: string | null
  /** How old the newest data may be that the version in service learned from. */
  maximumModelAge: string | null
  maximumErrorRate: number | null
  maximumLatencyMs: number | null
  maximumMissingRate: number | null
  /** Of the monitor over all its columns and windows. */
  falseAlarmRate: number
}

export type CheckKind =
  | 'input-drift'
  | 'prediction-drift'
  | 'performance'
  | 'calibration'
  | 'label-rate'
  | 'staleness'
  | 'model-age'
  | 'missing-features'
  | 'latency'
  | 'errors'

export interface MonitorCheck {
  kind: CheckKind
  /** The feature, or the metric. */
  column: string | null
  /** What size is: a distance, a drop, a rate, ms. */
  measure: string
  size: number | null
  low: number | null
  high: number | null
  /** Up to this size it is no alarm. */
  threshold: number | null
  /** Of the hypothesis that the size is at most the threshold; null: not tested. */
  p: number | null
  /** An alarm needs a smaller p. */
  level: number | null
  verdict: 'ok' | 'alarm' | 'undecided' | 'not-watched'
  text: string
  values: Record<string, Json>
}

export interface MonitorWindow {
  monitor: string
  start: number
  end: number
  rows: number
  labelled: number
  versions: { version: number; rows: number }[]
  reference: number | null
  level: number
  alarms: number
  checks: MonitorCheck[]
  evaluatedAt: number
  tookMs: number
}

export interface Monitor {
  name: string
  settings: MonitorSettings
  lastWindow: MonitorWindow | null
  windows: number
  alarms: number
  waiting: { start: number; end: number; text: string } | null
  createdAt: number
  updatedAt: number
}

/** Both distributions of one column over the same buckets. */
export interface ColumnHistograms {
  /** Ascending inner edges; bucket i is [edge i-1, edge i). */
  edges: number[]
  reference: { rows: number; missing: number; counts: number[] }
  current: { rows: number; missing: number; counts: number[] }
}

export interface ColumnComparison extends ColumnHistograms {
  column: string
  start: number
  end: number
  version: number
  check: MonitorCheck | null
}

/** The column that stands for the model's answers. */
export const predictionColumn = 'prediction'
