import { columnsFrom, comparePoints, type Point } from '#science/series/points'
import { encodeSegment, type SegmentPart } from '#science/series/segment'
import type { Context } from '#domains/access/index'
import { rawStatement, runRaw } from '#domains/journal/index'
import { dropKnownPoints } from './known-points.ts'
import { type KeyedPoint, storedValue } from './metric-point.ts'
import { latestOf, readSummaries, summaryWith, writeSummaries } from './metric-summary.ts'
import { RecentPoints, type RecentRun } from './recent-points.ts'
import type { MetricHeadRow, ModelMetricRow, RunMetricRow, RunsTransaction } from './store.ts'

/**
 * Adds the points that are new to a run, inside the caller's transaction, and gives how many those
 * are. Points are a set: one that is there already is the same point, so that a client may send a
 * batch again. What it costs depends on the batch, not on the history: a point after the latest of
 * its key is surely new, and only others are looked for. A caller whose change fails must
 * `forgetAppended`.
 */
export async function appendPoints(
  ctx: Context,
  db: RunsTransaction,
  run: string,
  points: readonly KeyedPoint[],
): Promise<number> {
  const byKey = groupByKey(points)
  if (byKey.size === 0) return 0
  const head = await readHead(db, run)
  const recent = RecentPoints.of(ctx).at(run, head.next_segment)
  const known = await knownSummaries(db, run, [...byKey.keys()], head, recent)
  await dropKnownPoints(ctx, db, run, byKey, known, recent)
  await writeModelMetrics(db, run, points)
  if (byKey.size === 0) return 0
  let nextSeries = head.next_series
  const added = Array.from(byKey, ([key, fresh]) => {
    const before = known.get(key)
    const summary = summaryWith(before ?? { run_id: run, key, series: nextSeries++ }, fresh)
    return { summary, points: fresh, before: before === undefined ? undefined : latestOf(before) }
  })
  const count = added.reduce((sum, { points: fresh }) => sum + fresh.length, 0)
  await advanceHead(ctx, db, run, nextSeries - head.next_series, count)
  const parts = added.map(({ summary, points: fresh }) => {
    return { series: summary.series, points: columnsFrom(fresh) }
  })
  await insertSegment(db, run, head.next_segment, count, parts)
  const summaries = added.map(({ summary }) => summary)
  await writeSummaries(db, summaries)
  RecentPoints.of(ctx).keep(run, head.next_segment + 1, added)
  return count
}

/** To be called when a change failed in which points were appended: what is remembered never was. */
export function forgetAppended(ctx: Context, run: string): void {
  RecentPoints.of(ctx).forget(run)
}

type Head = Pick<MetricHeadRow, 'next_series' | 'next_segment'>

const selectHead = rawStatement(
  'select next_series, next_segment from metric_heads where run_id = ?',
)

async function readHead(db: RunsTransaction, run: string): Promise<Head> {
  const [head] = await runRaw<Head>(db, selectHead, [run])
  return head ?? { next_series: 0, next_segment: 0 }
}

/** What is known of keys, from memory as far as it reaches. */
async function knownSummaries(
  db: RunsTransaction,
  run: string,
  keys: readonly string[],
  head: Head,
  recent: RecentRun | undefined,
): Promise<Map<string, RunMetricRow>> {
  const known = new Map<string, RunMetricRow>()
  const unknown: string[] = []
  for (const key of keys) {
    const series = recent?.series.get(key)
    if (series === undefined) unknown.push(key)
    else known.set(key, series.summary)
  }
  // A run that has no series, or of which all are remembered, has no others.
  if (unknown.length === 0 || head.next_series === (recent?.series.size ?? 0)) return known
  for (const [key, row] of await readSummaries(db, run, unknown)) known.set(key, row)
  return known
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
    appended_at = excluded.appended_at`,
)

/** Takes numbers for new series and for the segment. */
async function advanceHead(
  ctx: Context,
  db: RunsTransaction,
  run: string,
  series: number,
  count: number,
): Promise<void> {
  await runRaw(db, advance, [run, series, count, ctx.clock()])
}

const insert = rawStatement(
  `insert into metric_segments (run_id, segment, points, first_step, last_step, is_packed, body)
  values (?, ?, ?, ?, ?, 0, ?)`,
)

async function insertSegment(
  db: RunsTransaction,
  run: string,
  segment: number,
  count: number,
  parts: readonly SegmentPart[],
): Promise<void> {
  const { first, last } = stepsOf(parts)
  const values = [run, segment, count, first, last, encodeSegment(parts)]
  await runRaw(db, insert, values)
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
