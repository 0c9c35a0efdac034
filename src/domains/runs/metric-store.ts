import type { Context } from '#domains/access/index'
import type { RunsTransaction } from './store.ts'

/** A point as it was measured: any double, NaN and infinities included. */
export interface Point {
  step: number
  timestamp: number
  value: number
}

export interface KeyedPoint extends Point {
  key: string
}

/** One bucket of a series, in ranks of (step, timestamp, value). */
export interface Bucket {
  step: number
  timestamp: number
  /** The last value of the bucket. */
  value: number
  /** True extremes; NaN only when all values are. */
  minimum: number
  maximum: number
  count: number
}

export interface SeriesRange {
  from?: number | undefined
  to?: number | undefined
}

/**
 * Where metric points live. Append-only per (run, key), and a set: a point that is there already is
 * the same point, so that a client may send a batch again.
 */
export interface MetricStore {
  /** Adds what is new inside the caller's transaction and gives exactly that. */
  append(db: RunsTransaction, run: string, points: readonly KeyedPoint[]): Promise<KeyedPoint[]>
  /** Points ordered by (timestamp, step, value). */
  history(
    ctx: Context,
    run: string,
    key: string,
    page: { offset: number; limit: number },
  ): Promise<Point[]>
  /** At most `buckets` buckets of equal count, in order, and the count of points in the range. */
  series(
    ctx: Context,
    run: string,
    key: string,
    buckets: number,
    range: SeriesRange,
  ): Promise<{ total: number; buckets: Bucket[] }>
  /**
   * At most `count` points in the order (step, timestamp, value): the first of each of `count` parts
   * that are as equal as can be, and the last of all, in the place of the last of them if need be.
   */
  sample(
    ctx: Context,
    run: string,
    key: string,
    count: number,
    range: SeriesRange,
  ): Promise<Point[]>
}
