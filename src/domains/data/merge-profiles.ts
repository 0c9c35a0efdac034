import type { Cell, FrameColumn } from '#ports/frames/frames'
import type { ColumnProfile } from './dataset.ts'
import {
  type ColumnEdges,
  type FileColumn,
  type FileProfile,
  sketchSize,
  topSize,
} from './file-profile.ts'
import { distributionOf, type Distribution } from './distribution.ts'

const shownQuantiles = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
const timeBins = 30

/** The columns of several files: all of them, in the order in which they first appear. */
export function mergeSchemas(files: readonly FileProfile[]): FrameColumn[] {
  const columns = new Map<string, FrameColumn>()
  for (const file of files) {
    for (const { name, type, nativeType } of file.columns) {
      const known = columns.get(name)
      columns.set(
        name,
        known === undefined ? { name, type, nativeType } : widen(known, type, nativeType),
      )
    }
  }
  return [...columns.values()]
}

/** The type that holds both: whole numbers are numbers, everything else meets as text. */
function widen(known: FrameColumn, type: FrameColumn['type'], nativeType: string): FrameColumn {
  if (known.nativeType === nativeType) return known
  if (known.type === type) return known
  const numeric = [known.type, type].every((each) => each === 'integer' || each === 'number')
  return numeric
    ? { name: known.name, type: 'number', nativeType: 'DOUBLE' }
    : { name: known.name, type: 'string', nativeType: 'VARCHAR' }
}

/** Adds up what was measured of files. Columns that a file lacks are null in all its rows. */
export function mergeProfiles(
  files: readonly FileProfile[],
  edges: ColumnEdges,
): { rows: number; columns: ColumnProfile[] } {
  const rows = files.reduce((sum, file) => sum + file.rows, 0)
  const byName = new Map<string, FileColumn[]>()
  for (const file of files) {
    for (const column of file.columns) {
      const parts = byName.get(column.name)
      if (parts === undefined) byName.set(column.name, [column])
      else parts.push(column)
    }
  }
  const present = new Map<string, number>()
  for (const file of files) {
    for (const { name, nulls } of file.columns) {
      present.set(name, (present.get(name) ?? 0) + file.rows - nulls)
    }
  }
  const columns = mergeSchemas(files).map((column) =>
    mergeColumn(column, byName.get(column.name) ?? [], rows, present.get(column.name) ?? 0, edges),
  )
  return { rows, columns }
}

function mergeColumn(
  { name, type }: FrameColumn,
  parts: readonly FileColumn[],
  rows: number,
  present: number,
  edges: ColumnEdges,
): ColumnProfile {
  const alike = parts.filter((part) => isNumeric(part.type) === isNumeric(type))
  const { mean, deviation } = mergeMoments(alike)
  const distribution = isNumeric(type) ? distributionOf(alike) : undefined
  const { top, complete } = mergeTop(alike)
  return {
    name,
    type,
    rows,
    nulls: rows - present,
    distinct: mergeDistinct(parts),
    minimum: extreme(
      alike.map((part) => part.minimum),
      -1,
    ),
    maximum: extreme(
      alike.map((part) => part.maximum),
      1,
    ),
    mean,
    standardDeviation: deviation,
    quantiles:
      distribution === undefined
        ? []
        : shownQuantiles.map((probability) => ({
            probability,
            value: distribution.quantile(probability),
          })),
    histogram: histogramOf(name, type, alike, edges, distribution),
    top,
    topComplete: complete,
  }
}

function isNumeric(type: FrameColumn['type']): boolean {
  return type === 'integer' || type === 'number' || type === 'timestamp'
}

function mergeMoments(parts: readonly FileColumn[]): {
  mean: number | null
  deviation: number | null
} {
  let count = 0
  let mean = 0
  let squares = 0
  for (const part of parts) {
    if (part.mean === null || part.count === 0) continue
    const difference = part.mean - mean
    const total = count + part.count
    squares += part.squares + (difference * difference * count * part.count) / total
    mean += (difference * part.count) / total
    count = total
  }
  if (count === 0) return { mean: null, deviation: null }
  return { mean, deviation: count > 1 ? Math.sqrt(squares / (count - 1)) : null }
}

/** Exact for one file and for few values; else by the density of the smallest hashes. */
function mergeDistinct(parts: readonly FileColumn[]): number {
  const largest = Math.max(0, ...parts.map((part) => part.distinct))
  if (parts.length < 2) return largest
  const hashes = [...new Set(parts.flatMap((part) => part.sketch))].sort((a, b) => a - b)
  if (hashes.length < sketchSize) return Math.max(largest, hashes.length)
  const last = (hashes[sketchSize - 1] ?? 0) / 2 ** 53
  return Math.max(largest, Math.round((sketchSize - 1) / last))
}

function mergeTop(parts: readonly FileColumn[]): {
  top: ColumnProfile['top']
  complete: boolean
} {
  const counts = new Map<string | boolean, number>()
  for (const part of parts) {
    for (const [value, count] of part.top) counts.set(value, (counts.get(value) ?? 0) + count)
  }
  const sorted = [...counts].map(([value, count]) => ({ value, count }))
  sorted.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
  const complete = parts.every((part) => part.top.length === part.distinct)
  return { top: sorted.slice(0, topSize), complete: complete && sorted.length <= topSize }
}

function extreme(values: readonly Cell[], sign: 1 | -1): Cell {
  let best: Cell = null
  for (const value of values) {
    if (value === null) continue
    if (best === null || (sign > 0 ? value > best : value < best)) best = value
  }
  return best
}

function histogramOf(
  name: string,
  type: FrameColumn['type'],
  parts: readonly FileColumn[],
  edges: ColumnEdges,
  distribution: Distribution | undefined,
): ColumnProfile['histogram'] {
  if (distribution === undefined) return null
  if (type === 'timestamp') return timeHistogram(distribution)
  const bounds = edges[name]
  if (bounds === undefined) return null
  const counts = Array.from({ length: bounds.length + 1 }, () => 0)
  for (const part of parts) {
    part.counts?.forEach((count, i) => (counts[i] = (counts[i] ?? 0) + count))
  }
  return { edges: bounds, counts }
}

/** Time moves on, so its edges do, too; counts between them are interpolated. */
function timeHistogram(distribution: Distribution): ColumnProfile['histogram'] {
  const { minimum, maximum, count } = distribution
  if (!(maximum > minimum)) return { edges: [minimum], counts: [count, 0] }
  const step = (maximum - minimum) / timeBins
  const edges = Array.from({ length: timeBins + 1 }, (_, i) =>
    i === timeBins ? maximum : minimum + step * i,
  )
  const upTo = edges.map((edge) => Math.round(distribution.share(edge) * count))
  return { edges, counts: [...upTo, count].map((total, i) => total - (upTo[i - 1] ?? 0)) }
}

/** Edges for the numeric columns that have none yet: even steps over all but the ends. */
export function chooseEdges(files: readonly FileProfile[], known: ColumnEdges): ColumnEdges {
  const edges: ColumnEdges = { ...known }
  for (const { name, type } of mergeSchemas(files)) {
    if (edges[name] !== undefined || (type !== 'integer' && type !== 'number')) continue
    const parts = files.flatMap((file) => file.columns.filter((column) => column.name === name))
    const distribution = distributionOf(parts)
    if (distribution === undefined) continue
    const low = distribution.quantile(0.01)
    edges[name] = evenEdges(low, distribution.quantile(0.99))
  }
  return edges
}

const wantedBins = 20

/** Round numbers that cover [low, high] in about twenty steps. */
export function evenEdges(low: number, high: number): number[] {
  if (!(high > low)) return [low]
  const raw = (high - low) / wantedBins
  const magnitude = 10 ** Math.floor(Math.log10(raw))
  const step = ([1, 2, 2.5, 5, 10].find((nice) => nice * magnitude >= raw) ?? 10) * magnitude
  const first = Math.floor(low / step)
  const last = Math.ceil(high / step)
  const bounds = Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  )
  return [...new Set(bounds)].sort((a, b) => a - b)
}
