import { type FrameSession, quoteName } from '#ports/frames/frames'
import type { FeatureProfile, ModelProfile } from '#domains/models/index'
import type { DataFile, TrainingColumns } from './training-data.ts'

const dayMs = 86_400_000
const bins = 20

/**
 * Histograms of the training data: of each feature between its quantiles, of the predictions in
 * equal bands, and the same by day of event time, since drift is judged against the spread of days.
 */
export async function profileTraining(
  session: FrameSession,
  file: DataFile,
  training: TrainingColumns,
  predictions: Float64Array,
  target: string,
  time: string | undefined,
): Promise<ModelProfile> {
  const rows = predictions.length
  const edges = training.columns.map((column) => quantileEdges(column))
  const predictionEdges = Array.from({ length: bins - 1 }, (_, i) => (i + 1) / bins)
  const days = time === undefined ? undefined : await readDays(session, file, time)
  const scores = Float32Array.from(predictions)
  return {
    rows,
    target: { name: target, rate: training.positives / rows },
    predictions: {
      edges: predictionEdges,
      counts: histogram(scores, predictionEdges),
    },
    features: training.columns.map((column, i) =>
      profileFeature(training.names[i] ?? '', column, edges[i] ?? []),
    ),
    blocks: blocksOf(training, edges, scores, predictionEdges, days),
  }
}

function profileFeature(name: string, column: Float32Array, edges: number[]): FeatureProfile {
  let count = 0
  let sum = 0
  for (const value of column) {
    if (Number.isNaN(value)) continue
    count++
    sum += value
  }
  const mean = count === 0 ? null : sum / count
  let squares = 0
  for (const value of column) {
    if (mean !== null && !Number.isNaN(value)) squares += (value - mean) ** 2
  }
  return {
    name,
    edges,
    missing: column.length - count,
    counts: histogram(column, edges),
    mean,
    deviation: count < 2 ? null : Math.sqrt(squares / (count - 1)),
  }
}

/** Inner edges at equal shares of the rows; of few values, one between each two. */
function quantileEdges(column: Float32Array): number[] {
  const values = column.filter((value) => !Number.isNaN(value)).sort()
  if (values.length === 0) return []
  const distinct: number[] = []
  for (const value of values) {
    if (distinct.at(-1) !== value && distinct.push(value) > bins) break
  }
  if (distinct.length <= bins) {
    return distinct.slice(1).map((value, i) => (value + (distinct[i] ?? value)) / 2)
  }
  const edges: number[] = []
  for (let i = 1; i < bins; i++) {
    const edge = values[Math.floor((i * values.length) / bins)] ?? 0
    if (edges.at(-1) !== edge && edge !== values[0]) edges.push(edge)
  }
  return edges
}

/** Rows per bucket: bucket i holds [edge i-1, edge i). Missing values are in none. */
function histogram(column: Float32Array, edges: readonly number[]): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0)
  for (const value of column) {
    if (!Number.isNaN(value)) add(counts, bucketOf(value, edges))
  }
  return counts
}

function add(counts: number[], bucket: number): void {
  counts[bucket] = (counts[bucket] ?? 0) + 1
}

function bucketOf(value: number, edges: readonly number[]): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (value < (edges[middle] ?? Infinity)) high = middle
    else low = middle + 1
  }
  return low
}

async function readDays(
  session: FrameSession,
  file: DataFile,
  time: string,
): Promise<Float64Array> {
  const read = await session.numericColumns(
    `SELECT ${quoteName(time)} AS at FROM ${session.scan([file.path])}`,
  )
  return (read['at'] ?? new Float64Array()).map((at) => Math.floor(at / dayMs) * dayMs)
}

type LabelledBlock = ModelProfile['blocks'][number] & { positives: number[] }

function blocksOf(
  training: TrainingColumns,
  edges: readonly number[][],
  scores: Float32Array,
  predictionEdges: readonly number[],
  days: Float64Array | undefined,
): ModelProfile['blocks'] {
  const blocks = new Map<number, LabelledBlock>()
  for (let row = 0; row < scores.length; row++) {
    const start = days?.[row] ?? 0
    if (Number.isNaN(start)) continue
    let block = blocks.get(start)
    if (block === undefined) {
      block = emptyBlock(start, training.names, edges, predictionEdges)
      blocks.set(start, block)
    }
    block.rows++
    const bucket = bucketOf(scores[row] ?? 0, predictionEdges)
    add(block.predictions, bucket)
    if (training.labels[row] === 1) add(block.positives, bucket)
    training.columns.forEach((column, i) => {
      const value = column[row] ?? Number.NaN
      const counts = block.features[training.names[i] ?? '']
      if (!Number.isNaN(value) && counts !== undefined) add(counts, bucketOf(value, edges[i] ?? []))
    })
  }
  return [...blocks.values()].sort((a, b) => a.start - b.start)
}

function emptyBlock(
  start: number,
  names: readonly string[],
  edges: readonly number[][],
  predictionEdges: readonly number[],
): LabelledBlock {
  const zeros = (inner: readonly number[]) => new Array<number>(inner.length + 1).fill(0)
  return {
    start,
    rows: 0,
    predictions: zeros(predictionEdges),
    positives: zeros(predictionEdges),
    features: Object.fromEntries(names.map((name, i) => [name, zeros(edges[i] ?? [])])),
  }
}
