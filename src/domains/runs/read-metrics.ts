import type { Cell } from '#science/series/rollup'
import { pointAt, type PointColumns, slicePoints } from '#science/series/points'
import { offsetOf, offsetToken } from '#kernel/page-token'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { metricNumber, type MetricNumber } from './metric-number.ts'
import { readHistory } from './point-history.ts'
import { readBuckets, samplePoints } from './point-series.ts'
import { findRun } from './read-run.ts'
import { readRuns } from './store.ts'

export interface MetricPoint {
  step: number
  timestamp: number
  value: MetricNumber
}

/** All lists have one entry per bucket. */
export interface ChartSeries {
  run: string
  key: string
  /** Points in the range, before bucketing. */
  total: number
  steps: number[]
  timestamps: number[]
  /** The last value of each bucket. */
  values: MetricNumber[]
  /** True extremes; NaN only when all values are. */
  minimums: MetricNumber[]
  maximums: MetricNumber[]
  counts: number[]
}

export interface HistoryQuery {
  project: string
  run: string
  key: string
  limit: number
  pageToken?: string | undefined
}

/** Points of one metric, ordered by (timestamp, step, value). Errors: `not_found` for the run. */
export async function getMetricHistory(
  ctx: Context,
  input: HistoryQuery,
): Promise<{ items: MetricPoint[]; nextPageToken?: string }> {
  const { points, ...page } = await getMetricColumns(ctx, input)
  const items = Array.from(points.steps, (_, i) => metricPoint(points, i))
  return { items, ...page }
}

/** The same by column, for who writes them on at once: no object for each point. */
export async function getMetricColumns(
  ctx: Context,
  input: HistoryQuery,
): Promise<{ points: PointColumns; nextPageToken?: string }> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  await findRun(readRuns(ctx), reach, input.run)
  const offset = offsetOf(input.pageToken)
  const page = { offset, limit: input.limit + 1 }
  const points = await readHistory(ctx, input.run, input.key, page)
  return points.steps.length > input.limit
    ? {
        points: slicePoints(points, 0, input.limit),
        nextPageToken: offsetToken(offset + input.limit),
      }
    : { points }
}

function metricPoint(points: PointColumns, index: number): MetricPoint {
  const { step, timestamp, value } = pointAt(points, index)
  return { step, timestamp, value: metricNumber(value) }
}

/**
 * Series for charts: for every run and key that has points, at most `points` buckets that keep the
 * true minimum and maximum. Errors: `not_found` for an unknown run.
 */
export async function readCharts(
  ctx: Context,
  input: {
    project: string
    runs: readonly string[]
    keys: readonly string[]
    points: number
    from?: number | undefined
    to?: number | undefined
  },
): Promise<{ series: ChartSeries[] }> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const db = readRuns(ctx)
  const series: ChartSeries[] = []
  for (const run of new Set(input.runs)) {
    await findRun(db, reach, run)
    for (const key of new Set(input.keys)) {
      const range = { from: input.from, to: input.to }
      const read = await readBuckets(ctx, run, key, input.points, range)
      if (read.total > 0) series.push(chartOf(run, key, read))
    }
  }
  return { series }
}

function chartOf(run: string, key: string, read: { total: number; buckets: Cell[] }): ChartSeries {
  return {
    run,
    key,
    total: read.total,
    steps: read.buckets.map((b) => b.last.step),
    timestamps: read.buckets.map((b) => b.last.timestamp),
    values: read.buckets.map((b) => metricNumber(b.last.value)),
    minimums: read.buckets.map((b) => metricNumber(b.minimum)),
    maximums: read.buckets.map((b) => metricNumber(b.maximum)),
    counts: read.buckets.map((b) => b.count),
  }
}

/**
 * Points of one metric of several runs, at most `count` of each, evenly from all that are in the
 * range of steps, the last always among them, and the first if `count` is not 1. Which others is exact
 * to 256 points for each that is asked for; beyond, each is the one next to where it would lie that a
 * roll-up knows. Errors: `not_found` for an unknown run.
 */
export async function sampleMetric(
  ctx: Context,
  input: {
    project: string
    runs: readonly string[]
    key: string
    count: number
    from?: number | undefined
    to?: number | undefined
  },
): Promise<{ run: string; points: PointColumns }[]> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const db = readRuns(ctx)
  for (const run of input.runs) await findRun(db, reach, run)
  const sampled: { run: string; points: PointColumns }[] = []
  for (const run of input.runs) {
    const range = { from: input.from, to: input.to }
    const points = await samplePoints(ctx, run, input.key, input.count, range)
    sampled.push({ run, points })
  }
  return sampled
}
