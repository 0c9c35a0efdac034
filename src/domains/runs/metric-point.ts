import type { Point } from '#science/series/points'

/** A point of a run's metric. */
export interface KeyedPoint extends Point {
  key: string
  /** The logged model that it was measured of, besides being a point of the run. */
  model?: string | undefined
  /** What the model was measured on. */
  dataset?: { name: string; digest: string } | undefined
}

/** A double as two columns: no engine keeps a NaN the same way. */
export function storedValue(value: number): { value: number; is_nan: number } {
  return Number.isNaN(value) ? { value: 0, is_nan: 1 } : { value, is_nan: 0 }
}

export function valueOf(row: { value: number; is_nan: number }): number {
  return row.is_nan === 1 ? Number.NaN : row.value
}

export interface StepRange {
  from?: number | undefined
  to?: number | undefined
}
