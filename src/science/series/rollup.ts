import { ByteReader, ByteWriter } from './bytes.ts'
import { pointAt, type Point, type PointColumns, slicePoints } from './points.ts'
import { readWholeNumbers, writeWholeNumbers } from './whole-numbers.ts'

/** A stretch of points in order: its last point and its true extremes. */
export interface Cell {
  count: number
  last: Point
  /** NaN only when all values are. */
  minimum: number
  maximum: number
}

/** Points of one cell. A chunk is drawn by its cells wherever a pixel is worth more points than that. */
export const pointsPerCell = 256

/** The cells of sorted points. */
export function cellsOf(points: PointColumns, size = pointsPerCell): Cell[] {
  const cells: Cell[] = []
  for (let start = 0; start < points.steps.length; start += size) {
    const end = Math.min(start + size, points.steps.length)
    const values = points.values.subarray(start, end)
    let minimum = Number.NaN
    let maximum = Number.NaN
    for (const value of values) {
      if (Number.isNaN(value)) continue
      if (!(value >= minimum)) minimum = value
      if (!(value <= maximum)) maximum = value
    }
    cells.push({ count: end - start, last: pointAt(points, end - 1), minimum, maximum })
  }
  return cells
}

export function encodeCells(cells: readonly Cell[]): Uint8Array {
  const writer = new ByteWriter(32 + 32 * cells.length)
  writer.varint(cells.length)
  const column = (value: (cell: Cell) => number): Float64Array => Float64Array.from(cells, value)
  for (const whole of [countOf, stepOf, timestampOf]) {
    writeWholeNumbers(writer, writer, column(whole))
  }
  for (const { last, minimum, maximum } of cells) {
    writer.double(last.value)
    writer.double(minimum)
    writer.double(maximum)
  }
  return writer.finish()
}

const countOf = (cell: Cell): number => cell.count
const stepOf = (cell: Cell): number => cell.last.step
const timestampOf = (cell: Cell): number => cell.last.timestamp

export function decodeCells(bytes: Uint8Array): Cell[] {
  const reader = new ByteReader(bytes)
  const length = reader.varint()
  const counts = readWholeNumbers(reader, reader, length)
  const steps = readWholeNumbers(reader, reader, length)
  const timestamps = readWholeNumbers(reader, reader, length)
  return Array.from({ length }, (_, i) => ({
    count: counts[i] as number,
    last: {
      step: steps[i] as number,
      timestamp: timestamps[i] as number,
      value: reader.double(),
    },
    minimum: reader.double(),
    maximum: reader.double(),
  }))
}

/** Joins neighbouring cells to at most `most`, of about as many points each. */
export function joinCells(cells: readonly Cell[], most: number): Cell[] {
  if (cells.length <= most) return [...cells]
  const total = cells.reduce((sum, cell) => sum + cell.count, 0)
  const joined: Cell[] = []
  let seen = 0
  let open: Cell | undefined
  for (const cell of cells) {
    open = open === undefined ? cell : join(open, cell)
    seen += cell.count
    if (seen * most < (joined.length + 1) * total) continue
    joined.push(open)
    open = undefined
  }
  return joined
}

function join(a: Cell, b: Cell): Cell {
  return {
    count: a.count + b.count,
    last: b.last,
    minimum: Number.isNaN(a.minimum) || b.minimum < a.minimum ? b.minimum : a.minimum,
    maximum: Number.isNaN(a.maximum) || b.maximum > a.maximum ? b.maximum : a.maximum,
  }
}

/** Sorted points as at most `most` cells of equal count: the last may have fewer. */
export function bucketPoints(points: PointColumns, most: number): Cell[] {
  const count = points.steps.length
  return cellsOf(slicePoints(points, 0, count), Math.max(1, Math.ceil(count / most)))
}
