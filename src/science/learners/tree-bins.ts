import { createRandom } from '../random.ts'

/** Rows that the bin edges are estimated from; more would not move the quantiles visibly. */
const EDGE_SAMPLE_ROWS = 100_000

/** The features of a table, quantised to one byte per value. */
export interface BinnedTable {
  rows: number
  features: number
  /** Row-major [rows, features]. Bin 0 holds missing values; bin b > 0 has upper edge `edges[b - 1]`. */
  bins: Uint8Array
  /** Per feature the ascending upper edges (x <= edge), float32; the last bin has none. */
  edges: Float32Array[]
}

/**
 * Quantises columns into at most `bins` bands of about equal row counts; equal values share a band.
 * Up to `bins` different values get a band each, with its edge midway between neighbours.
 */
export function binColumns(
  columns: readonly Float32Array[],
  bins: number,
  seed: number,
): BinnedTable {
  const features = columns.length
  const rows = columns[0]!.length
  const table = new Uint8Array(rows * features)
  const edges = columns.map((column, feature) => {
    const columnEdges = findEdges(sampleValues(column, seed + feature), bins)
    fillBins(table, features, feature, column, columnEdges)
    return columnEdges
  })
  return { rows, features, bins: table, edges }
}

/** Sorted values of a column without the missing ones; a sample when there are many. */
function sampleValues(column: Float32Array, seed: number): Float32Array {
  const random = createRandom(seed)
  const whole = column.length <= EDGE_SAMPLE_ROWS
  const sample = new Float32Array(whole ? column.length : EDGE_SAMPLE_ROWS)
  let size = 0
  for (let draw = 0; draw < sample.length; draw++) {
    const value = column[whole ? draw : random.integer(column.length)]!
    if (!Number.isNaN(value)) sample[size++] = value
  }
  return sample.subarray(0, size).sort()
}

function findEdges(sorted: Float32Array, bins: number): Float32Array {
  const edges = new Float32Array(bins - 1)
  const distinct = countDistinct(sorted, bins)
  let found = 0
  let start = 0
  while (start < sorted.length && found < bins - 1) {
    const share = distinct <= bins ? 1 : (sorted.length - start) / (bins - found)
    const end = endOfRun(sorted, Math.min(sorted.length, start + Math.max(1, Math.round(share))))
    if (end >= sorted.length) break
    edges[found++] = edgeBetween(sorted[end - 1]!, sorted[end]!)
    start = end
  }
  return edges.slice(0, found)
}

/** Number of different values, counted only up to one more than `limit`. */
function countDistinct(sorted: Float32Array, limit: number): number {
  let distinct = 0
  for (let index = 0; index < sorted.length && distinct <= limit; index++) {
    if (index === 0 || sorted[index] !== sorted[index - 1]) distinct++
  }
  return distinct
}

/** The first position at or after `end` where a new value begins. */
function endOfRun(sorted: Float32Array, end: number): number {
  let position = end
  while (position < sorted.length && sorted[position] === sorted[position - 1]) position++
  return position
}

/** A float32 edge with low <= edge < high, so that float32 and float64 comparisons agree. */
function edgeBetween(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2)
  return middle >= low && middle < high ? middle : low
}

function fillBins(
  table: Uint8Array,
  features: number,
  feature: number,
  column: Float32Array,
  edges: Float32Array,
): void {
  for (let row = 0, cell = feature; row < column.length; row++, cell += features) {
    const value = column[row]!
    table[cell] = Number.isNaN(value) ? 0 : 1 + countBelow(edges, value)
  }
}

/** How many edges lie below a value: a branch-light binary search. */
function countBelow(edges: Float32Array, value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (edges[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
