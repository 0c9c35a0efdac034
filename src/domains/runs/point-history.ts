import {
  concatPoints,
  noPoints,
  type PointColumns,
  slicePoints,
  sortPoints,
} from '#science/series/points'
import type { Context } from '#domains/access/index'
import {
  type ChunkFacts,
  findSeries,
  readChunkFacts,
  readChunkPoints,
  readTail,
} from './read-points.ts'
import { readRuns, type RunsReader } from './store.ts'

/** Some points of a series that can be read apart from the others. */
interface Piece {
  count: number
  from: number
  to: number
  /** In the order of steps; those of the tail may lie anywhere. */
  place: number
  chunk?: number
  points?: PointColumns
}

/**
 * Points of one metric in the order (timestamp, step, value), from `offset` on. Chunks before the
 * page are skipped by their counts, so that a page costs what it holds.
 */
export async function readHistory(
  ctx: Context,
  run: string,
  key: string,
  page: { offset: number; limit: number },
): Promise<PointColumns> {
  return readRuns(ctx)
    .transaction()
    .execute(async (db) => {
      const series = await findSeries(db, run, key)
      if (series === undefined) return noPoints
      const chunks = await readChunkFacts(db, run, series)
      const tail = await readTail(ctx, db, run, series)
      const groups = groupByTime([...chunks.map(chunkPiece), ...tailPiece(tail)])
      return readPage(groups, page, (group) => readGroup(ctx, db, run, series, group))
    })
}

function chunkPiece(facts: ChunkFacts, place: number): Piece {
  const { count, chunk, min_timestamp: from, max_timestamp: to } = facts
  return { count, chunk, from, to, place }
}

function tailPiece(points: PointColumns): Piece[] {
  const count = points.steps.length
  if (count === 0) return []
  let from = Infinity
  let to = -Infinity
  for (const timestamp of points.timestamps) {
    from = Math.min(from, timestamp)
    to = Math.max(to, timestamp)
  }
  return [{ count, from, to, place: -1, points }]
}

/**
 * Pieces in groups that follow each other in time. Pieces that meet in time are one group, unless
 * they only touch and the order of steps decides as the order of time does.
 */
function groupByTime(pieces: readonly Piece[]): Piece[][] {
  const groups: Piece[][] = []
  let end = -Infinity
  for (const piece of pieces.toSorted((a, b) => a.from - b.from || a.place - b.place)) {
    const open = groups.at(-1)
    const last = open?.at(-1)
    const touches = piece.from === end && !(last !== undefined && follows(piece, last))
    if (open !== undefined && (piece.from < end || touches)) open.push(piece)
    else groups.push([piece])
    end = Math.max(end, piece.to)
  }
  return groups
}

function follows(piece: Piece, before: Piece): boolean {
  return piece.chunk !== undefined && before.chunk !== undefined && before.place < piece.place
}

async function readPage(
  groups: readonly Piece[][],
  { offset, limit }: { offset: number; limit: number },
  read: (group: readonly Piece[]) => Promise<PointColumns>,
): Promise<PointColumns> {
  const found: PointColumns[] = []
  let at = 0
  for (const group of groups) {
    const count = group.reduce((sum, piece) => sum + piece.count, 0)
    const start = Math.max(0, offset - at)
    const end = Math.min(count, offset + limit - at)
    if (start < end) found.push(slicePoints(await read(group), start, end))
    at += count
    if (at >= offset + limit) break
  }
  return concatPoints(found)
}

async function readGroup(
  ctx: Context,
  db: RunsReader,
  run: string,
  series: number,
  group: readonly Piece[],
): Promise<PointColumns> {
  const chunks = group.flatMap(({ chunk }) => (chunk === undefined ? [] : [chunk]))
  const sealed = await readChunkPoints(ctx, db, run, series, chunks)
  const open = group.flatMap(({ points }) => (points === undefined ? [] : [points]))
  return sortPoints(concatPoints([...sealed, ...open]), 'timestamp')
}
