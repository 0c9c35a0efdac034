import type { Cell, FrameColumn } from '#ports/frames/frames'

/** What was measured of one column of one file; made so that files can be added up. */
export interface FileColumn extends FrameColumn {
  nulls: number
  minimum: Cell
  maximum: Cell
  /** Of finite numbers and timestamps (milliseconds); `count` of them. */
  count: number
  mean: number | null
  /** Sum of squared differences from the mean. */
  squares: number
  /** Values at `quantileGrid`. */
  quantiles: number[] | null
  /** Counts between the data set's edges, of numbers. */
  counts: number[] | null
  distinct: number
  /** The smallest hashes of distinct values: estimates how many there are in several files. */
  sketch: number[]
  top: [value: string | boolean, count: number][]
}

export interface FileProfile {
  rows: number
  columns: FileColumn[]
}

/** Edges by column: kept from version to version, so that histograms stay comparable. */
export type ColumnEdges = Record<string, number[]>

/** Denser where it matters: at the ends. */
export const quantileGrid: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4,
  0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995,
  0.9975, 0.999,
]

/** Hashes kept of each column: an error of about 1 in its square root. */
export const sketchSize = 256

/** Values of texts kept with their counts. */
export const topSize = 1000
