import { comparePoints, type Point, slicePoints } from '#science/series/points'
import { type Cell, cellsOf, decodeCells, encodeCells } from '#science/series/rollup'
import type { SegmentPart } from '#science/series/segment'
import type { Context } from '#domains/access/index'
import { storedValue } from './metric-point.ts'
import { packSegment, partsBySeries } from './packed-segment.ts'
import { readChunkPoints, readSegments } from './read-points.ts'
import { sealEagerly } from './seal-metrics.ts'
import {
  type MetricHeadRow,
  type MetricSegmentRow,
  type MetricShareRow,
  readRuns,
  runMetricColumns,
  type RunMetricRow,
  type RunsReader,
  type SeriesChunkRow,
} from './store.ts'

/** The history of a run up to a step, for another run to begin with. */
export interface HistoryPlan {
  /** As the run was appended to and sealed when it was read. */
  head: Head
  summaries: RunMetricRow[]
  shares: PlannedShare[]
  /** Points that no chunk has yet. */
  tail: MetricSegmentRow | undefined
}

export type Head = Pick<MetricHeadRow, 'next_series' | 'next_segment' | 'segments' | 'points'>
type PlannedShare = Omit<MetricShareRow, 'run_id' | 'chunk'>

/** Reads what a run has up to a step, the step included; `undefined`: all. Nothing is written. */
export async function planHistory(
  ctx: Context,
  run: string,
  step: number | undefined,
): Promise<HistoryPlan> {
  return readRuns(ctx)
    .transaction()
    .execute(async (db) => {
      const to = step ?? Infinity
      const parts = cutParts(await readSegments(ctx, db, run, rangeTo(step), () => true), to)
      const tails = new Map(parts.map((part) => [part.series, part]))
      const plan: HistoryPlan = {
        head: await readWholeHead(db, run),
        summaries: [],
        shares: [],
        tail: await packSegment(ctx, run, 0, parts),
      }
      for (const row of await summariesUpTo(db, run, to)) {
        const { shares, summary } = await planSeries(ctx, db, row, to, tails.get(row.series))
        plan.shares.push(...shares)
        plan.summaries.push(summary)
      }
      return plan
    })
}

/** Puts what is worth a chunk into one, so that it can be shared. */
export async function sealForSharing(ctx: Context, run: string): Promise<void> {
  for (let i = 0; i < mostSealings; i++) {
    if ((await sealEagerly(ctx, run)).sealed === 0) return
  }
}

/** A run that is appended to meanwhile is never wholly sealed. */
const mostSealings = 50

export async function readWholeHead(db: RunsReader, run: string): Promise<Head> {
  const head = await db
    .selectFrom('metric_heads')
    .select(['next_series', 'next_segment', 'segments', 'points'])
    .where('run_id', '=', run)
    .executeTakeFirst()
  return head ?? { next_series: 0, next_segment: 0, segments: 0, points: 0 }
}

function rangeTo(step: number | undefined): { to?: number } {
  return step === undefined ? {} : { to: step }
}

function summariesUpTo(db: RunsReader, run: string, to: number): Promise<RunMetricRow[]> {
  const all = db.selectFrom('run_metrics').select(runMetricColumns).where('run_id', '=', run)
  return (Number.isFinite(to) ? all.where('first_step', '<=', to) : all).execute()
}

function cutParts(parts: readonly SegmentPart[], to: number): SegmentPart[] {
  return partsBySeries(parts).flatMap(({ series, points }) => {
    const end = points.steps.findLastIndex((step) => step <= to) + 1
    return end === 0 ? [] : [{ series, points: slicePoints(points, 0, end) }]
  })
}

type Chunk = Omit<SeriesChunkRow, 'dense' | 'noise' | 'rollup'>

const chunkColumns = [
  'run_id',
  'series',
  'chunk',
  'count',
  'first_step',
  'first_timestamp',
  'last_step',
  'last_timestamp',
  'min_timestamp',
  'max_timestamp',
  'is_shared',
  'cut_rollup',
  'source_run',
  'source_series',
  'source_chunk',
] as const satisfies readonly (keyof Chunk)[]

async function planSeries(
  ctx: Context,
  db: RunsReader,
  row: RunMetricRow,
  to: number,
  tail: SegmentPart | undefined,
): Promise<{ shares: PlannedShare[]; summary: RunMetricRow }> {
  const ofSeries = db
    .selectFrom('series_chunks')
    .where('run_id', '=', row.run_id)
    .where('series', '=', row.series)
    .orderBy('first_step')
    .orderBy('first_timestamp')
  if (row.step <= to) {
    const chunks = await ofSeries.select(chunkColumns).execute()
    return { shares: chunks.map(wholeShare), summary: row }
  }
  const chunks = await ofSeries
    .select([...chunkColumns, 'rollup'])
    .where('first_step', '<=', to)
    .execute()
  const cells: Cell[] = []
  const shares: PlannedShare[] = []
  for (const chunk of chunks) {
    const share =
      chunk.last_step <= to
        ? { ...wholeShare(chunk), cells: decodeCells(chunk.rollup) }
        : await cutShare(ctx, db, chunk, to)
    cells.push(...share.cells)
    shares.push(withoutCells(share))
  }
  if (tail !== undefined) cells.push(...cellsOf(tail.points))
  return { shares, summary: summaryOf(row, cells) }
}

function withoutCells({ cells, ...share }: PlannedShare & { cells: Cell[] }): PlannedShare {
  return share
}

function wholeShare(chunk: Chunk): PlannedShare {
  const { series, source_run, source_series, source_chunk, count, cut_rollup: rollup } = chunk
  const { first_step, first_timestamp, last_step, last_timestamp } = chunk
  const { min_timestamp, max_timestamp } = chunk
  const source = { series, source_run, source_series, source_chunk, count, rollup }
  const bounds = { first_step, first_timestamp, last_step, last_timestamp }
  return { ...source, ...bounds, min_timestamp, max_timestamp }
}

/** The first points of a chunk: those up to a step that lies within it. */
async function cutShare(
  ctx: Context,
  db: RunsReader,
  chunk: Chunk,
  to: number,
): Promise<PlannedShare & { cells: Cell[] }> {
  const [all] = await readChunkPoints(ctx, db, chunk.run_id, chunk.series, [chunk.chunk])
  if (all === undefined) throw new Error(`Chunk ${chunk.chunk} of run ${chunk.run_id} is gone.`)
  const count = all.steps.findLastIndex((step) => step <= to) + 1
  const points = slicePoints(all, 0, count)
  const cells = cellsOf(points)
  return {
    ...wholeShare(chunk),
    count,
    last_step: points.steps[count - 1] as number,
    last_timestamp: points.timestamps[count - 1] as number,
    min_timestamp: points.timestamps.reduce((a, b) => Math.min(a, b), Infinity),
    max_timestamp: points.timestamps.reduce((a, b) => Math.max(a, b), -Infinity),
    rollup: encodeCells(cells),
    cells,
  }
}

/** The first point stays the first. */
function summaryOf(row: RunMetricRow, cells: readonly Cell[]): RunMetricRow {
  const numbers = cells.filter(({ minimum }) => !Number.isNaN(minimum))
  const latest = cells.reduce<Point>((last, cell) => later(last, cell.last), firstOf(row))
  const { value, is_nan } = storedValue(latest.value)
  return {
    ...row,
    value,
    is_nan,
    step: latest.step,
    timestamp: latest.timestamp,
    minimum: numbers.length === 0 ? null : Math.min(...numbers.map((cell) => cell.minimum)),
    maximum: numbers.length === 0 ? null : Math.max(...numbers.map((cell) => cell.maximum)),
    count: cells.reduce((sum, cell) => sum + cell.count, 0),
  }
}

function firstOf(row: RunMetricRow): Point {
  const value = row.first_is_nan === 1 ? Number.NaN : row.first_value
  return { step: row.first_step, timestamp: row.first_timestamp, value }
}

function later(a: Point, b: Point): Point {
  return comparePoints(b, a) > 0 ? b : a
}
