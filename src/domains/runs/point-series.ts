import {
  columnsFrom,
  comparePoints,
  concatPoints,
  type Point,
  pointAt,
  type PointColumns,
  slicePoints,
  sortPoints,
} from '#science/series/points'
import {
  bucketPoints,
  type Cell,
  cellsOf,
  decodeCells,
  joinCells,
  pointsPerCell,
} from '#science/series/rollup'
import type { Context } from '#domains/access/index'
import type { StepRange } from './metric-point.ts'
import {
  type ChunkFacts,
  findSeries,
  readChunkPoints,
  readChunkRollups,
  readTail,
} from './read-points.ts'
import { readRuns, type RunsReader } from './store.ts'

/** A stretch of a series, in order: points that are at hand, or cells of a chunk that is within it. */
type Stretch = { points: PointColumns } | { chunk: number; cells: Cell[] }

interface Stretches {
  total: number
  stretches: Stretch[]
  /** The points of chunks that stand for cells only. */
  open(chunks: readonly number[]): Promise<PointColumns[]>
}

/** The points of a range of steps as at most `most` buckets with true extremes, and how many those are. */
export async function readBuckets(
  ctx: Context,
  run: string,
  key: string,
  most: number,
  range: StepRange,
): Promise<{ total: number; buckets: Cell[] }> {
  return withStretches(ctx, run, key, range, async (found) => {
    const { total } = found
    if (total <= most * pointsPerCell) {
      return { total, buckets: bucketPoints(await allPoints(found), most) }
    }
    return { total, buckets: joinCells(cellsOfAll(found.stretches), most) }
  })
}

/**
 * At most `most` points of a range of steps, evenly spread over their order, the first and the last
 * among them. Which points those are is exact up to 256 points for each; beyond, it is to the next
 * end of a cell, so that no chunk need be read.
 */
export async function samplePoints(
  ctx: Context,
  run: string,
  key: string,
  most: number,
  range: StepRange,
): Promise<PointColumns> {
  return withStretches(ctx, run, key, range, async (found) => {
    if (found.total <= most * pointsPerCell) return evenly(await allPoints(found), most)
    const cells = cellsOfAll(found.stretches)
    const last = (cells.at(-1) as Cell).last
    if (most === 1) return columnsFrom([last])
    const ends = joinCells(cells, most - 1).map((cell) => cell.last)
    return columnsFrom([await firstPoint(found), ...ends])
  })
}

async function firstPoint({ stretches, open }: Stretches): Promise<Point> {
  const first = stretches[0] as Stretch
  if ('points' in first) return pointAt(first.points, 0)
  const [points] = await open([first.chunk])
  return pointAt(points as PointColumns, 0)
}

/** The first of each of `most` parts of equal length, the longer ones first; and the last of all. */
function evenly(points: PointColumns, most: number): PointColumns {
  const count = points.steps.length
  if (count <= most) return points
  const kept = Array.from({ length: most }, (_, part) =>
    pointAt(points, part * Math.floor(count / most) + Math.min(part, count % most)),
  )
  const last = pointAt(points, count - 1)
  if (comparePoints(kept.at(-1) as Point, last) !== 0) kept.splice(-1, 1, last)
  return columnsFrom(kept)
}

async function withStretches<T>(
  ctx: Context,
  run: string,
  key: string,
  range: StepRange,
  read: (found: Stretches) => Promise<T>,
): Promise<T> {
  return readRuns(ctx)
    .transaction()
    .execute(async (db) => {
      const series = await findSeries(db, run, key)
      const open = (chunks: readonly number[]) =>
        series === undefined ? Promise.resolve([]) : readChunkPoints(ctx, db, run, series, chunks)
      const stretches =
        series === undefined ? [] : await readStretches(ctx, db, run, series, range, open)
      const total = stretches.reduce((sum, stretch) => sum + sizeOf(stretch), 0)
      return read({ total, stretches, open })
    })
}

async function readStretches(
  ctx: Context,
  db: RunsReader,
  run: string,
  series: number,
  range: StepRange,
  open: Stretches['open'],
): Promise<Stretch[]> {
  const { from = -Infinity, to = Infinity } = range
  const rows = await readChunkRollups(db, run, series, range)
  const tail = within(await readTail(ctx, db, run, series, range), from, to)
  const parts = divideTail(tail, rows)
  const isOpen = (row: ChunkFacts, i: number): boolean =>
    row.first_step < from || row.last_step > to || lengthOf(parts[i]?.inside) > 0
  const opened = rows.filter(isOpen).map(({ chunk }) => chunk)
  const points = await open(opened)
  const byChunk = new Map(opened.map((chunk, i) => [chunk, points[i] as PointColumns]))
  const stretches = rows.flatMap((row, i): Stretch[] => {
    const { before, inside } = parts[i] as TailPart
    const whole = byChunk.get(row.chunk)
    if (whole === undefined) {
      return [{ points: before }, { chunk: row.chunk, cells: decodeCells(row.rollup) }]
    }
    const joined = sortPoints(concatPoints([within(whole, from, to), inside]))
    return [{ points: before }, { points: joined }]
  })
  const after = slicePoints(tail, parts.at(-1)?.end ?? 0, tail.steps.length)
  return [...stretches, { points: after }].filter((stretch) => sizeOf(stretch) > 0)
}

/** The points of the tail before a chunk and within it, and where those after it begin. */
interface TailPart {
  before: PointColumns
  inside: PointColumns
  end: number
}

/** Both are in order, so one walk over them does. */
function divideTail(tail: PointColumns, chunks: readonly ChunkFacts[]): TailPart[] {
  let at = 0
  const upTo = (isBefore: (point: Point) => boolean): PointColumns => {
    const start = at
    while (at < tail.steps.length && isBefore(pointAt(tail, at))) at++
    return slicePoints(tail, start, at)
  }
  return chunks.map((chunk) => {
    const first = { step: chunk.first_step, timestamp: chunk.first_timestamp, value: -Infinity }
    const last = { step: chunk.last_step, timestamp: chunk.last_timestamp, value: Infinity }
    const before = upTo((point) => comparePoints(point, first) < 0)
    const inside = upTo((point) => comparePoints(point, last) <= 0)
    return { before, inside, end: at }
  })
}

/** The part of sorted points whose steps are in a range. */
function within(points: PointColumns, from: number, to: number): PointColumns {
  const start = points.steps.findIndex((step) => step >= from)
  const end = points.steps.findLastIndex((step) => step <= to) + 1
  return start < 0 || start >= end ? slicePoints(points, 0, 0) : slicePoints(points, start, end)
}

function lengthOf(points: PointColumns | undefined): number {
  return points?.steps.length ?? 0
}

function sizeOf(stretch: Stretch): number {
  if ('points' in stretch) return lengthOf(stretch.points)
  return stretch.cells.reduce((sum, cell) => sum + cell.count, 0)
}

async function allPoints({ stretches, open }: Stretches): Promise<PointColumns> {
  const chunks = stretches.flatMap((stretch) => ('chunk' in stretch ? [stretch.chunk] : []))
  const opened = await open(chunks)
  const byChunk = new Map(chunks.map((chunk, i) => [chunk, opened[i] as PointColumns]))
  return sortPoints(
    concatPoints(
      stretches.map((stretch) =>
        'points' in stretch ? stretch.points : (byChunk.get(stretch.chunk) as PointColumns),
      ),
    ),
  )
}

/** Cells of all stretches: of few points where they are at hand. */
function cellsOfAll(stretches: readonly Stretch[]): Cell[] {
  return stretches.flatMap((stretch) =>
    'cells' in stretch ? stretch.cells : cellsOf(stretch.points, 16),
  )
}
