import { decodeChunk } from '#science/series/chunk'
import {
  concatPoints,
  distinctPoints,
  type PointColumns,
  slicePoints,
  sortPoints,
} from '#science/series/points'
import { decodeSegment, type SegmentPart } from '#science/series/segment'
import type { Context } from '#domains/access/index'
import { DecodedChunks } from './decoded-chunks.ts'
import type { StepRange } from './metric-point.ts'
import type { MetricChunkRow, RunsReader, SeriesChunkRow } from './store.ts'

/** What a chunk is, without its points. */
export type ChunkFacts = Omit<MetricChunkRow, 'dense' | 'noise' | 'rollup'> &
  Pick<SeriesChunkRow, 'is_shared'>

export const chunkFacts = [
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
] as const satisfies readonly (keyof ChunkFacts)[]

/** The points of the segments of a run whose steps meet a range, as they were appended. */
export async function readSegments(
  ctx: Context,
  db: RunsReader,
  run: string,
  range: StepRange,
  wanted: (series: number) => boolean,
): Promise<SegmentPart[]> {
  let query = db
    .selectFrom('metric_segments')
    .select(['is_packed', 'body'])
    .where('run_id', '=', run)
    .orderBy('segment')
  if (range.from !== undefined) query = query.where('last_step', '>=', range.from)
  if (range.to !== undefined) query = query.where('first_step', '<=', range.to)
  const parts: SegmentPart[] = []
  for (const row of await query.execute()) parts.push(...(await openSegment(ctx, row, wanted)))
  return parts
}

export async function openSegment(
  ctx: Context,
  row: { is_packed: number; body: Uint8Array },
  wanted: (series: number) => boolean,
): Promise<SegmentPart[]> {
  const body = row.is_packed === 1 ? await ctx.compression.decompress(row.body) : row.body
  return decodeSegment(body, wanted)
}

function chunksOf(db: RunsReader, run: string, series: number, range: StepRange) {
  let query = db
    .selectFrom('series_chunks')
    .where('run_id', '=', run)
    .where('series', '=', series)
    .orderBy('first_step')
    .orderBy('first_timestamp')
  if (range.from !== undefined) query = query.where('last_step', '>=', range.from)
  if (range.to !== undefined) query = query.where('first_step', '<=', range.to)
  return query
}

/** The chunks of a series that meet a range of steps, in their order. */
export async function readChunkFacts(
  db: RunsReader,
  run: string,
  series: number,
  range: StepRange = {},
): Promise<ChunkFacts[]> {
  return chunksOf(db, run, series, range).select(chunkFacts).execute()
}

export async function readChunkRollups(
  db: RunsReader,
  run: string,
  series: number,
  range: StepRange,
): Promise<(ChunkFacts & Pick<MetricChunkRow, 'rollup'>)[]> {
  return chunksOf(db, run, series, range)
    .select([...chunkFacts, 'rollup'])
    .execute()
}

const chunkBody = ['run_id', 'series', 'chunk', 'count', 'dense', 'noise'] as const
type ChunkBody = Pick<MetricChunkRow, (typeof chunkBody)[number]>

export async function readChunkBodies(
  db: RunsReader,
  run: string,
  series: number,
  range: StepRange,
): Promise<ChunkBody[]> {
  return chunksOf(db, run, series, range).select(chunkBody).execute()
}

export async function decodeChunkRows(
  ctx: Context,
  rows: readonly ChunkBody[],
): Promise<PointColumns[]> {
  return Promise.all(
    rows.map(async (row) => slicePoints(await decodedChunk(ctx, row), 0, row.count)),
  )
}

async function decodedChunk(ctx: Context, row: ChunkBody): Promise<PointColumns> {
  const { dense, noise } = row
  const decoded = DecodedChunks.of(ctx)
  const name = `${row.run_id} ${row.series} ${row.chunk}`
  const known = decoded.get(name, row)
  if (known !== undefined) return known
  const points = decodeChunk({ dense: await ctx.compression.decompress(dense), noise })
  decoded.keep(name, row, points)
  return points
}

const bodiesAtOnce = 64

/** The points of some chunks of a series, in the order in which they are asked for. */
export async function readChunkPoints(
  ctx: Context,
  db: RunsReader,
  run: string,
  series: number,
  chunks: readonly number[],
): Promise<PointColumns[]> {
  const points: PointColumns[] = []
  for (let start = 0; start < chunks.length; start += bodiesAtOnce) {
    const wanted = chunks.slice(start, start + bodiesAtOnce)
    const rows = await db
      .selectFrom('series_chunks')
      .select(chunkBody)
      .where('run_id', '=', run)
      .where('series', '=', series)
      .where('chunk', 'in', wanted)
      .execute()
    const byChunk = new Map(rows.map((row) => [row.chunk, row]))
    const ordered = wanted.map((chunk) => byChunk.get(chunk) as ChunkBody)
    points.push(...(await decodeChunkRows(ctx, ordered)))
  }
  return points
}

/** The points of a series that are not sealed yet, sorted by step. */
export async function readTail(
  ctx: Context,
  db: RunsReader,
  run: string,
  series: number,
  range: StepRange = {},
): Promise<PointColumns> {
  const parts = await readSegments(ctx, db, run, range, (one) => one === series)
  return distinctPoints(sortPoints(concatPoints(parts.map(({ points }) => points))))
}

/** The number of a key within its run; undefined when it was never logged. */
export async function findSeries(
  db: RunsReader,
  run: string,
  key: string,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('run_metrics')
    .select('series')
    .where('run_id', '=', run)
    .where('key', '=', key)
    .executeTakeFirst()
  return row?.series
}
