import { sql } from 'kysely'
import { GyreError } from '#kernel/errors'
import type { PointColumns } from '#science/series/points'
import type { SegmentPart } from '#science/series/segment'
import { authorize, type Context } from '#domains/access/index'
import { removeChunks } from './chunk-shares.ts'
import { packSegment, partsBySeries } from './packed-segment.ts'
import { openSegment, readChunkFacts, readChunkPoints } from './read-points.ts'
import { type SealedSeries, sealSeries } from './seal-points.ts'
import type { MetricSegmentRow, RunsReader, RunsTables, RunsTransaction } from './store.ts'
import { readRuns } from './store.ts'

/** So many new segments, or new points in however few, are worth sealing while a run goes on. */
const manySegments = 128
const manyPoints = 8192
/** A run that rests so long has its few segments put together. */
const restMs = 30_000
/** A run that rests longer has been looked at. */
const lookedAtMs = 600_000
/** Segments that are taken at once. */
const mostSegments = 512
/** A series with so many points outside of chunks gets a chunk. */
const enoughForChunk = 1024
/** Beyond so many points left over, series of fewer get chunks, too. */
const mostLeftOver = 65_536
const fewestForChunk = 64
/** Chunks that one change rewrites, so that it does not hold up those who append. */
const mostRewritten = 64

/**
 * Runs with metric points that are worth sealing, those with most first. What was put together once
 * does not count: it is read again only when enough is new.
 */
export async function listUnsealedRuns(
  ctx: Context,
): Promise<{ project: string; run: string; segments: number }[]> {
  authorize(ctx, 'admin', '*')
  const now = ctx.clock()
  const { rows } = await sql<{ project: string; run: string; segments: number }>`
    select runs.project as project, runs.id as run, count(*) as segments
    from metric_heads as head
    join metric_segments as fresh on fresh.run_id = head.run_id and fresh.is_packed = 0
    join runs on runs.id = head.run_id
    where head.segments > 1 or head.appended_at > ${now - lookedAtMs}
    group by runs.project, runs.id
    having count(*) >= ${manySegments} or sum(fresh.points) >= ${manyPoints}
      or (max(head.appended_at) < ${now - restMs}
        and (max(head.segments) > 1 or sum(fresh.points) >= ${enoughForChunk}))
    order by segments desc limit 100`.execute(readRuns(ctx))
  return rows.map((row) => ({ ...row, segments: Number(row.segments) }))
}

/**
 * Moves the points of a run's segments into chunks, or into fewer segments where they are few. All
 * the work but the exchange of rows is done outside of the change, and appending goes on meanwhile.
 * Gives how many points were moved into chunks; does nothing when somebody else was faster.
 */
export async function sealRunMetrics(
  ctx: Context,
  input: { project: string; run: string },
): Promise<{ sealed: number }> {
  authorize(ctx, 'editor', input.project)
  return seal(ctx, input.run, enoughForChunk)
}

/** The same with series of which there are rather few points, for a caller that authorized. */
export function sealEagerly(ctx: Context, run: string): Promise<{ sealed: number }> {
  return seal(ctx, run, fewestForChunk)
}

async function seal(ctx: Context, run: string, enough: number): Promise<{ sealed: number }> {
  const plan = await planSealing(ctx, run, enough)
  if (plan === undefined) return { sealed: 0 }
  try {
    await ctx.tables.write<RunsTables, void>((db) => exchange(db, run, plan))
  } catch (thrown) {
    if (thrown instanceof GyreError && thrown.code === 'conflict') return { sealed: 0 }
    throw thrown
  }
  return { sealed: plan.sealedPoints }
}

interface Sealing {
  segments: number[]
  /** Their points; duplicates of a race between two processes count twice here. */
  points: number
  sealedPoints: number
  series: (SealedSeries & { series: number })[]
  /** What takes the place of the segments, if anything. */
  rest: MetricSegmentRow | undefined
}

async function planSealing(
  ctx: Context,
  run: string,
  enough: number,
): Promise<Sealing | undefined> {
  return readRuns(ctx)
    .transaction()
    .execute(async (db) => {
      const rows = await db
        .selectFrom('metric_segments')
        .select(['segment', 'points', 'is_packed', 'body'])
        .where('run_id', '=', run)
        .orderBy('segment')
        .limit(mostSegments)
        .execute()
      const parts: SegmentPart[] = []
      for (const row of rows) parts.push(...(await openSegment(ctx, row, () => true)))
      const { sealable, rest } = choose(partsBySeries(parts), enough)
      const isDone = rows.every((row) => row.is_packed === 1)
      if (sealable.length === 0 && rows.length < 2 && isDone) return undefined
      const { series, left, sealedPoints } = await sealSome(ctx, db, run, sealable)
      return {
        segments: rows.map((row) => row.segment),
        points: rows.reduce((sum, row) => sum + row.points, 0),
        sealedPoints,
        series,
        rest: await packSegment(ctx, run, rows.at(-1)?.segment ?? 0, [...left, ...rest]),
      }
    })
}

function choose(
  parts: readonly SegmentPart[],
  enough: number,
): { sealable: SegmentPart[]; rest: SegmentPart[] } {
  const few = parts.filter(({ points }) => points.steps.length < enough)
  const left = few.reduce((sum, { points }) => sum + points.steps.length, 0)
  const fewest = left > mostLeftOver ? fewestForChunk : enough
  return {
    sealable: parts.filter(({ points }) => points.steps.length >= fewest),
    rest: parts.filter(({ points }) => points.steps.length < fewest),
  }
}

/** Seals series until enough chunks are rewritten; at least one. */
async function sealSome(
  ctx: Context,
  db: RunsReader,
  run: string,
  sealable: readonly SegmentPart[],
): Promise<{ series: Sealing['series']; left: SegmentPart[]; sealedPoints: number }> {
  const series: Sealing['series'] = []
  const left: SegmentPart[] = []
  let rewritten = 0
  let sealedPoints = 0
  for (const part of sealable) {
    if (rewritten >= mostRewritten) {
      left.push(part)
      continue
    }
    const chunks = await readChunkFacts(db, run, part.series)
    const target = { run, series: part.series, chunks }
    const sealed = await sealSeries(ctx, target, part.points, async (chunk) => {
      const [points] = await readChunkPoints(ctx, db, run, part.series, [chunk])
      return points as PointColumns
    })
    series.push({ ...sealed, series: part.series })
    rewritten += sealed.added.length
    sealedPoints += part.points.steps.length
  }
  return { series, left, sealedPoints }
}

/** Throws `conflict` when a row that the plan was made from is not there any more. */
async function exchange(db: RunsTransaction, run: string, plan: Sealing): Promise<void> {
  const removed = await db
    .deleteFrom('metric_segments')
    .where('run_id', '=', run)
    .where('segment', 'in', plan.segments)
    .executeTakeFirstOrThrow()
  if (Number(removed.numDeletedRows) !== plan.segments.length) throw outpaced(run)
  for (const { series, replaced, added } of plan.series) {
    const removed = await removeChunks(db, run, series, replaced)
    if (removed !== replaced.length) throw outpaced(run)
    for (const row of added) await db.insertInto('metric_chunks').values(row).execute()
  }
  if (plan.rest !== undefined) {
    await db.insertInto('metric_segments').values(plan.rest).execute()
  }
  const segments = plan.segments.length - (plan.rest === undefined ? 0 : 1)
  const points = plan.points - (plan.rest?.points ?? 0)
  await db
    .updateTable('metric_heads')
    .set((eb) => ({
      segments: eb('segments', '-', segments),
      points: eb('points', '-', points),
    }))
    .where('run_id', '=', run)
    .execute()
}

export function outpaced(run: string): GyreError {
  return new GyreError({
    code: 'conflict',
    public: `The metrics of run ${run} were changed by another process meanwhile. Try again.`,
  })
}
