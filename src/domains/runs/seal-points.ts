import { encodeChunk } from '#science/series/chunk'
import {
  comparePoints,
  concatPoints,
  distinctPoints,
  type Point,
  pointAt,
  type PointColumns,
  slicePoints,
  sortPoints,
} from '#science/series/points'
import { cellsOf, encodeCells } from '#science/series/rollup'
import type { Context } from '#domains/access/index'
import type { ChunkFacts } from './read-points.ts'
import type { MetricChunkRow } from './store.ts'

/** Points of a chunk, but for the last of a series and those that grew by points that came late. */
const pointsPerChunk = 16_384
/** A chunk that grew is divided beyond this. */
const mostInChunk = 24_576

/** What becomes of the chunks of one series. */
export interface SealedSeries {
  /** Chunks that others take the place of. */
  replaced: number[]
  added: MetricChunkRow[]
}

/**
 * Puts points into the chunks of a series as into the leaves of a tree: each goes to the chunk that
 * covers it, and those after the last chunk fill it up and then make new ones. Points that share a
 * step and a time stay in one chunk, so that chunks follow each other by these alone.
 */
export async function sealSeries(
  ctx: Context,
  series: { run: string; series: number; chunks: readonly ChunkFacts[] },
  points: PointColumns,
  read: (chunk: number) => Promise<PointColumns>,
): Promise<SealedSeries> {
  const sealed: SealedSeries = { replaced: [], added: [] }
  let next = Math.max(-1, ...series.chunks.map(({ chunk }) => chunk)) + 1
  for (const { chunk, start, end } of leavesOf(series.chunks, points)) {
    const fresh = slicePoints(points, start, end)
    const parts = [fresh]
    if (chunk !== undefined) {
      parts.unshift(await read(chunk.chunk))
      sealed.replaced.push(chunk.chunk)
    }
    for (const piece of divide(distinctPoints(sortPoints(concatPoints(parts))))) {
      sealed.added.push(await chunkRow(ctx, series.run, series.series, next++, piece))
    }
  }
  return sealed
}

interface Leaf {
  /** Undefined: new ones, after all. */
  chunk: ChunkFacts | undefined
  start: number
  end: number
}

/** Which of the points go where; the points are sorted, and so are the chunks. */
function leavesOf(chunks: readonly ChunkFacts[], points: PointColumns): Leaf[] {
  const leaves: Leaf[] = []
  let start = 0
  chunks.forEach((chunk, i) => {
    const after = chunks[i + 1]
    const isBefore = (at: number): boolean =>
      after === undefined
        ? isOpen(chunk) || compareMoment(points, at, lastOf(chunk)) <= 0
        : compareMoment(points, at, firstOf(after)) < 0
    let end = start
    while (end < points.steps.length && isBefore(end)) end++
    if (end > start) leaves.push({ chunk, start, end })
    start = end
  })
  if (start < points.steps.length) {
    leaves.push({ chunk: undefined, start, end: points.steps.length })
  }
  return leaves
}

/** What is shared is not filled up: it would be copied for it. */
function isOpen(chunk: ChunkFacts): boolean {
  return chunk.count < pointsPerChunk && chunk.is_shared === 0
}

interface Moment {
  step: number
  timestamp: number
}

function firstOf(chunk: ChunkFacts): Moment {
  return { step: chunk.first_step, timestamp: chunk.first_timestamp }
}

function lastOf(chunk: ChunkFacts): Moment {
  return { step: chunk.last_step, timestamp: chunk.last_timestamp }
}

function compareMoment(points: PointColumns, at: number, moment: Moment): number {
  return comparePoints({ ...pointAt(points, at), value: 0 }, { ...moment, value: 0 })
}

/** Cuts sorted points into chunks, never between two of the same step and time. */
function divide(points: PointColumns): PointColumns[] {
  const pieces: PointColumns[] = []
  const count = points.steps.length
  let start = 0
  while (count - start > mostInChunk) {
    let end = start + pointsPerChunk
    while (end < count && isSameMoment(points, end - 1, end)) end++
    pieces.push(slicePoints(points, start, end))
    start = end
  }
  if (start < count) pieces.push(slicePoints(points, start, count))
  return pieces
}

function isSameMoment({ steps, timestamps }: PointColumns, a: number, b: number): boolean {
  return steps[a] === steps[b] && timestamps[a] === timestamps[b]
}

async function chunkRow(
  ctx: Context,
  run: string,
  series: number,
  chunk: number,
  points: PointColumns,
): Promise<MetricChunkRow> {
  const first: Point = pointAt(points, 0)
  const last: Point = pointAt(points, points.steps.length - 1)
  let earliest = Infinity
  let newest = -Infinity
  for (const timestamp of points.timestamps) {
    earliest = Math.min(earliest, timestamp)
    newest = Math.max(newest, timestamp)
  }
  const { dense, noise } = encodeChunk(points)
  return {
    run_id: run,
    series,
    chunk,
    count: points.steps.length,
    first_step: first.step,
    first_timestamp: first.timestamp,
    last_step: last.step,
    last_timestamp: last.timestamp,
    min_timestamp: earliest,
    max_timestamp: newest,
    rollup: encodeCells(cellsOf(points)),
    dense: await ctx.compression.compress(dense),
    noise,
  }
}
