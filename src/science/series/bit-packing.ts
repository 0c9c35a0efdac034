import type { ByteReader, ByteWriter } from './bytes.ts'

/** Wider numbers are exceptions: 24 bits and what is left of a byte fit into 32. */
const widest = 24
/** What an exception costs, about: its place and its upper bits. */
const exceptionBits = 28

/**
 * Whole numbers from 0 to 2^53 in as many bits each as is cheapest in all: their lower bits, which
 * nothing compresses, into `noise`; the width and the few numbers that are wider into `dense`.
 */
export function writePacked(dense: ByteWriter, noise: ByteWriter, column: Float64Array): void {
  const width = cheapestWidth(column)
  const limit = 2 ** width
  dense.byte(width)
  const wide = column.reduce((sum, value) => sum + Number(value >= limit), 0)
  dense.varint(wide)
  let before = 0
  column.forEach((value, i) => {
    if (value < limit) return
    dense.varint(i - before)
    dense.varint(Math.floor(value / limit))
    before = i
  })
  let bits = 0
  let held = 0
  for (const value of column) {
    held |= (value % limit) << bits
    for (bits += width; bits >= 8; bits -= 8) {
      noise.byte(held & 255)
      held >>>= 8
    }
  }
  if (bits > 0) noise.byte(held)
}

export function readPacked(dense: ByteReader, noise: ByteReader, count: number): Float64Array {
  const column = new Float64Array(count)
  const width = dense.byte()
  const limit = 2 ** width
  const exceptions = Array.from({ length: dense.varint() }, () => [dense.varint(), dense.varint()])
  let bits = 0
  let held = 0
  const mask = limit - 1
  for (let i = 0; i < count; i++) {
    for (; bits < width; bits += 8) held |= noise.byte() << bits
    column[i] = held & mask
    held >>>= width
    bits -= width
  }
  let at = 0
  for (const [distance = 0, upper = 0] of exceptions) {
    at += distance
    column[at] = (column[at] as number) + upper * limit
  }
  return column
}

function cheapestWidth(column: Float64Array): number {
  const lengths = new Uint32Array(54)
  for (const value of column) {
    const length = value === 0 ? 0 : Math.floor(Math.log2(value)) + 1
    lengths[length] = (lengths[length] as number) + 1
  }
  let best = 0
  let bestCost = Infinity
  let wider = column.length
  for (let width = 0; width <= widest; width++) {
    wider -= lengths[width] as number
    const cost = width * column.length + exceptionBits * wider
    if (cost < bestCost) [best, bestCost] = [width, cost]
  }
  return best
}
