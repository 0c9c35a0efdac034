import { comparePoints, hasPoint, type Point, type PointColumns } from '#science/series/points'
import type { Context } from '#domains/access/index'
import { decodeChunkRows, readChunkBodies, readSegments } from './read-points.ts'
import type { RunMetricRow, RunsTransaction } from './store.ts'

/**
 * Takes out of `byKey` the points that a run has already, and the keys that have no others. Only
 * points up to the latest of their key are looked for, in the segments and chunks of their steps.
 */
export async function dropKnownPoints(
  ctx: Context,
  db: RunsTransaction,
  run: string,
  byKey: Map<string, Point[]>,
  known: ReadonlyMap<string, RunMetricRow>,
): Promise<void> {
  const doubted = doubtedPoints(byKey, known)
  if (doubted.size === 0) return
  const stored = await storedPoints(ctx, db, run, doubted)
  for (const [key, { series }] of doubted) {
    const parts = stored.get(series) ?? []
    const fresh = (byKey.get(key) ?? []).filter(
      (point) => !parts.some((part) => hasPoint(part, point)),
    )
    if (fresh.length > 0) byKey.set(key, fresh)
    else byKey.delete(key)
  }
}

interface Doubted {
  series: number
  first: number
  last: number
}

/** The series that may have some of the points, and the steps of those. */
function doubtedPoints(
  byKey: ReadonlyMap<string, readonly Point[]>,
  known: ReadonlyMap<string, RunMetricRow>,
): Map<string, Doubted> {
  const doubted = new Map<string, Doubted>()
  for (const [key, points] of byKey) {
    const summary = known.get(key)
    const first = points[0] as Point
    if (summary === undefined || isAfter(first, summary)) continue
    const last = points.findLast((point) => !isAfter(point, summary)) as Point
    doubted.set(key, { series: summary.series, first: first.step, last: last.step })
  }
  return doubted
}

/** By step and time alone: at the same moment, another value can be new and still be no greater. */
function isAfter(point: Point, latest: RunMetricRow): boolean {
  return comparePoints({ ...point, value: 0 }, { ...latest, value: 0 }) > 0
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
  const keep = (series: number, points: PointColumns): void => {
    const parts = stored.get(series)
    if (parts === undefined) stored.set(series, [points])
    else parts.push(points)
  }
  const segments = await readSegments(ctx, db, run, { from, to }, (one) => wanted.has(one))
  for (const { series, points } of segments) keep(series, points)
  for (const { series, first, last } of all) {
    const rows = await readChunkBodies(db, run, series, { from: first, to: last })
    for (const points of await decodeChunkRows(ctx, rows)) keep(series, points)
  }
  return stored
}
