import { comparePoints, hasPoint, type Point, type PointColumns } from '#science/series/points'
import type { Context } from '#domains/access/index'
import { decodeChunkRows, readChunkBodies, readSegments } from './read-points.ts'
import { isAfter, type RecentRun } from './recent-points.ts'
import type { RunMetricRow, RunsTransaction } from './store.ts'

/**
 * Takes out of `byKey` the points that a run has already, and the keys that have no others. Points
 * after the latest of their key are new; others are looked for in what is remembered, and only those
 * from before that in the segments and chunks of their steps.
 */
export async function dropKnownPoints(
  ctx: Context,
  db: RunsTransaction,
  run: string,
  byKey: Map<string, Point[]>,
  known: ReadonlyMap<string, RunMetricRow>,
  recent: RecentRun | undefined,
): Promise<void> {
  const doubted = new Map<string, Doubted>()
  for (const [key, points] of byKey) {
    const summary = known.get(key)
    if (summary === undefined || isAfter(points[0] as Point, summary)) continue
    const old = dropRecent(byKey, key, points, summary, recent)
    const [first, last] = [old[0], old.at(-1)]
    if (first === undefined || last === undefined) continue
    doubted.set(key, { series: summary.series, first: first.step, last: last.step })
  }
  if (doubted.size > 0) await dropStored(ctx, db, run, byKey, doubted)
}

/** Takes out points that are remembered, and gives those that are from before what is remembered. */
function dropRecent(
  byKey: Map<string, Point[]>,
  key: string,
  points: readonly Point[],
  summary: RunMetricRow,
  recent: RecentRun | undefined,
): Point[] {
  const series = recent?.series.get(key)
  if (series === undefined) return points.filter((point) => !isAfter(point, summary))
  const { since } = series
  const isOld = (point: Point): boolean => since !== undefined && !isAfter(point, since)
  const old = points.filter(isOld)
  const fresh = points.filter((point) => isOld(point) || !includes(series.points, point))
  keep(byKey, key, fresh)
  return old
}

function keep(byKey: Map<string, Point[]>, key: string, points: Point[]): void {
  if (points.length > 0) byKey.set(key, points)
  else byKey.delete(key)
}

function includes(sorted: readonly Point[], point: Point): boolean {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const order = comparePoints(sorted[middle] as Point, point)
    if (order === 0) return true
    if (order < 0) low = middle + 1
    else high = middle
  }
  return false
}

interface Doubted {
  series: number
  first: number
  last: number
}

async function dropStored(
  ctx: Context,
  db: RunsTransaction,
  run: string,
  byKey: Map<string, Point[]>,
  doubted: ReadonlyMap<string, Doubted>,
): Promise<void> {
  const stored = await storedPoints(ctx, db, run, doubted)
  for (const [key, { series }] of doubted) {
    const parts = stored.get(series) ?? []
    const points = byKey.get(key) ?? []
    keep(
      byKey,
      key,
      points.filter((point) => !parts.some((part) => hasPoint(part, point))),
    )
  }
}

/** All points of the series that are doubted, by series, as far as their steps meet. */
async function storedPoints(
  ctx: Context,
  db: RunsTransaction,
  run: string,
  doubted: ReadonlyMap<string, Doubted>,
): Promise<Map<number, PointColumns[]>> {
  const all = [...doubted.values()]
  const from = Math.min(...all.map(({ first }) => first))
  const to = Math.max(...all.map(({ last }) => last))
  const wanted = new Set(all.map(({ series }) => series))
  const stored = new Map<number, PointColumns[]>()
  const add = (series: number, points: PointColumns): void => {
    const parts = stored.get(series)
    if (parts === undefined) stored.set(series, [points])
    else parts.push(points)
  }
  const segments = await readSegments(ctx, db, run, { from, to }, (one) => wanted.has(one))
  for (const { series, points } of segments) add(series, points)
  for (const { series, first, last } of all) {
    const rows = await readChunkBodies(db, run, series, { from: first, to: last })
    for (const points of await decodeChunkRows(ctx, rows)) add(series, points)
  }
  return stored
}
