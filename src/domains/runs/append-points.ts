import { columnsFrom, comparePoints, type Point } from '#science/series/points'
import { encodeSegment, type SegmentPart } from '#science/series/segment'
import type { Context } from '#domains/access/index'
import { dropKnownPoints } from './known-points.ts'
import { type KeyedPoint, storedValue } from './metric-point.ts'
import { readSummaries, summaryWith, writeSummaries } from './metric-summary.ts'
import { rawStatement, runRaw } from './raw-statement.ts'
import type { MetricHeadRow, ModelMetricRow, RunMetricRow, RunsTransaction } from './store.ts'

/**
 * Adds the points that are new to a run, inside the caller's transaction, and gives how many those
 * are. Points are a set: one that is there already is the same point, so that a client may send a
 * batch again. What it costs depends on the batch, not on the history: a point after the latest of
 * its key is surely new, and only others are looked for.
 */
export async function appendPoints(
  ctx: Context,
  db: RunsTransaction,
  run: string,
  points: readonly KeyedPoint[],
): Promise<number> {
  const byKey = groupByKey(points)
  if (byKey.size === 0) return 0
  const known = await readSummaries(ctx, db, run, [...byKey.keys()])
  await dropKnownPoints(ctx, db, run, byKey, known)
  await writeModelMetrics(db, run, points)
  if (byKey.size === 0) return 0
  const { firstSeries, segment, count } = await advanceHead(ctx, db, run, byKey, known)
  let nextSeries = firstSeries
  const parts: SegmentPart[] = []
  const summaries: RunMetricRow[] = []
  for (const [key, fresh] of byKey) {
    const before = known.get(key) ?? { run_id: run, key, series: nextSeries++ }
    summaries.push(summaryWith(before, fresh))
    parts.push({ series: before.series, points: columnsFrom(fresh) })
  }
  await insertSegment(ctx, db, run, segment, count, parts)
  await writeSummaries(ctx, db, summaries)
  return count
}

/** Points by key, sorted by step, each once. */
function groupByKey(points: readonly KeyedPoint[]): Map<string, Point[]> {
  const byKey = new Map<string, Point[]>()
  for (const point of points) {
    const group = byKey.get(point.key)
    if (group === undefined) byKey.set(point.key, [point])
    else group.push(point)
  }
  for (const [key, group] of byKey) {
    if (!isAscending(group)) byKey.set(key, sortedSet(group))
  }
  return byKey
}

function isAscending(points: readonly Point[]): boolean {
  return points.every((point, i) => i === 0 || comparePoints(points[i - 1] as Point, point) < 0)
}

function sortedSet(points: readonly Point[]): Point[] {
  const sorted = points.toSorted(comparePoints)
  return sorted.filter((point, i) => i === 0 || comparePoints(sorted[i - 1] as Point, point) < 0)
}

const advance = rawStatement(
  `insert into metric_heads (run_id, next_series, next_segment, segments, points, appended_at)
  values (?, ?, 1, 1, ?, ?)
  on conflict (run_id) do update set
    next_series = metric_heads.next_series + excluded.next_series,
    next_segment = metric_heads.next_segment + 1,
    segments = metric_heads.segments + 1,
    points = metric_heads.points + excluded.points,
    appended_at = excluded.appended_at
  returning next_series, next_segment`,
)

/** Takes numbers for new series and for the segment. */
async function advanceHead(
  ctx: Context,
  db: RunsTransaction,
  run: string,
  byKey: ReadonlyMap<string, readonly Point[]>,
  known: ReadonlyMap<string, RunMetricRow>,
): Promise<{ firstSeries: number; segment: number; count: number }> {
  let added = 0
  let count = 0
  for (const [key, points] of byKey) {
    if (!known.has(key)) added++
    count += points.length
  }
  const [head] = await runRaw<Pick<MetricHeadRow, 'next_series' | 'next_segment'>>(
    db,
    ctx.tables.dialect,
    advance,
    [run, added, count, ctx.clock()],
  )
  if (head === undefined) throw new Error('The head of a run was not returned.')
  return { firstSeries: head.next_series - added, segment: head.next_segment - 1, count }
}

const insert = rawStatement(
  `insert into metric_segments (run_id, segment, points, first_step, last_step, is_packed, body)
  values (?, ?, ?, ?, ?, 0, ?)`,
)

async function insertSegment(
  ctx: Context,
  db: RunsTransaction,
  run: string,
  segment: number,
  count: number,
  parts: readonly SegmentPart[],
): Promise<void> {
  const { first, last } = stepsOf(parts)
  const values = [run, segment, count, first, last, encodeSegment(parts)]
  await runRaw(db, ctx.tables.dialect, insert, values)
}

/** The least and the greatest step of parts that have points. */
export function stepsOf(parts: readonly SegmentPart[]): { first: number; last: number } {
  let first = Infinity
  let last = -Infinity
  for (const { points } of parts) {
    first = Math.min(first, points.steps[0] as number)
    last = Math.max(last, points.steps.at(-1) as number)
  }
  return { first, last }
}

async function writeModelMetrics(
  db: RunsTransaction,
  run: string,
  points: readonly KeyedPoint[],
): Promise<void> {
  const rows = points.flatMap(({ model, dataset, ...point }): ModelMetricRow[] =>
    model === undefined
      ? []
      : [
          {
            model_id: model,
            run_id: run,
            key: point.key,
            dataset_name: dataset?.name ?? '',
            dataset_digest: dataset?.digest ?? '',
            step: point.step,
            timestamp: point.timestamp,
            ...storedValue(point.value),
          },
        ],
  )
  for (let start = 0; start < rows.length; start += 1000) {
    await db
      .insertInto('model_metrics')
      .values(rows.slice(start, start + 1000))
      .onConflict((c) => c.doNothing())
      .execute()
  }
}
