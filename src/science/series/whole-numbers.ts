import { readPacked, writePacked } from './bit-packing.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'

/** Differences beyond this are not exact as doubles, so such a column is kept as it is. */
const largestDifference = 2 ** 52
/** Fewer numbers are not worth looking for the best width. */
const fewestPacked = 64

const plain = 0
const even = 1
const varied = 2
const packed = 3

/**
 * A column of whole numbers up to 2^53, as differences that exceed the least of them. Numbers that
 * grow by the same amount cost a few bytes in all. What a compressor can work on goes to `dense`.
 */
export function writeWholeNumbers(
  dense: ByteWriter,
  noise: ByteWriter,
  column: Float64Array,
): void {
  const { least, most } = differences(column)
  if (!(Math.max(-least, most, most - least) <= largestDifference)) {
    dense.byte(plain)
    for (const value of column) dense.double(value)
    return
  }
  const mode = least === most ? even : column.length < fewestPacked ? varied : packed
  dense.byte(mode)
  dense.double(column[0] ?? 0)
  dense.signed(least)
  if (mode === even) return
  const excess = column.subarray(1).map((value, i) => value - (column[i] as number) - least)
  if (mode === packed) return writePacked(dense, noise, excess)
  for (const value of excess) dense.varint(value)
}

function differences(column: Float64Array): { least: number; most: number } {
  if (column.length < 2) return { least: 0, most: 0 }
  let least = Infinity
  let most = -Infinity
  for (let i = 1; i < column.length; i++) {
    const difference = (column[i] as number) - (column[i - 1] as number)
    if (difference < least) least = difference
    if (difference > most) most = difference
  }
  return { least, most }
}

export function readWholeNumbers(
  dense: ByteReader,
  noise: ByteReader,
  count: number,
): Float64Array {
  const column = new Float64Array(count)
  const mode = dense.byte()
  if (mode === plain) {
    for (let i = 0; i < count; i++) column[i] = dense.double()
    return column
  }
  let value = dense.double()
  const least = dense.signed()
  const excess = mode === packed ? readPacked(dense, noise, count - 1) : undefined
  if (count > 0) column[0] = value
  for (let i = 1; i < count; i++) {
    // The difference first: it is exact, and so is the sum.
    if (excess !== undefined) value += least + (excess[i - 1] as number)
    else value += mode === varied ? least + dense.varint() : least
    column[i] = value
  }
  return column
}
