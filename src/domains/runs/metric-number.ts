/** A double as JSON can carry it. */
export type MetricNumber = number | 'NaN' | 'Infinity' | '-Infinity'

/** The double itself. */
export function numberOf(value: MetricNumber): number {
  return typeof value === 'number' ? value : Number(value)
}

/** The double as JSON can carry it. */
export function metricNumber(value: number): MetricNumber {
  return Number.isFinite(value) ? value : (String(value) as MetricNumber)
}
