import { concatPoints, distinctPoints, type PointColumns, sortPoints } from '#science/series/points'
import { encodeSegment, type SegmentPart } from '#science/series/segment'
import type { Context } from '#domains/access/index'
import { stepsOf } from './append-points.ts'
import type { MetricSegmentRow } from './store.ts'

/** Each series once, its points sorted. */
export function partsBySeries(parts: readonly SegmentPart[]): SegmentPart[] {
  const bySeries = new Map<number, PointColumns[]>()
  for (const { series, points } of parts) {
    const known = bySeries.get(series)
    if (known === undefined) bySeries.set(series, [points])
    else known.push(points)
  }
  return [...bySeries].map(([series, all]) => ({
    series,
    points: distinctPoints(sortPoints(concatPoints(all))),
  }))
}

/** One segment of all these points; undefined when there are none. */
export async function packSegment(
  ctx: Context,
  run: string,
  segment: number,
  parts: readonly SegmentPart[],
): Promise<MetricSegmentRow | undefined> {
  if (parts.length === 0) return undefined
  const { first, last } = stepsOf(parts)
  return {
    run_id: run,
    segment,
    points: parts.reduce((sum, { points }) => sum + points.steps.length, 0),
    first_step: first,
    last_step: last,
    is_packed: 1,
    body: await ctx.compression.compress(encodeSegment(parts)),
  }
}
