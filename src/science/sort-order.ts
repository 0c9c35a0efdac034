/** Digits of 16 bits that a float64 is sorted by. */
const PASSES = 4
const BUCKETS = 65_536

/**
 * Row numbers in ascending order of their values (no NaN; -0 before 0), equal ones in row order. Radix sort:
 * linear in the rows, several times faster than a comparison sort of row numbers.
 */
export function sortOrder(values: Float64Array): Uint32Array {
  const digits = sortableDigits(values)
  let order = Uint32Array.from({ length: values.length }, (_, row) => row)
  let next = new Uint32Array(values.length)
  for (const digit of digits) {
    const starts = bucketStarts(digit)
    if (starts === undefined) continue
    for (let index = 0; index < order.length; index++) {
      const row = order[index]!
      next[starts[digit[row]!]!++] = row
    }
    ;[order, next] = [next, order]
  }
  return order
}

/** The 16-bit digits of each value, the least significant first, so that digits sort as values do. */
function sortableDigits(values: Float64Array): Uint16Array[] {
  const digits = Array.from({ length: PASSES }, () => new Uint16Array(values.length))
  const bits = new DataView(new ArrayBuffer(8))
  for (let row = 0; row < values.length; row++) {
    // All bits of a negative number are flipped, else the sign alone.
    bits.setFloat64(0, values[row]!)
    const high = bits.getUint32(0)
    const mask = high >>> 31 === 1 ? 0xffff : 0
    digits[3]![row] = (high >>> 16) ^ (mask | 0x8000)
    digits[2]![row] = (high & 0xffff) ^ mask
    digits[1]![row] = bits.getUint16(4) ^ mask
    digits[0]![row] = bits.getUint16(6) ^ mask
  }
  return digits
}

/** Where each digit's rows begin in the order; undefined when all rows have the same digit. */
function bucketStarts(digit: Uint16Array): Uint32Array | undefined {
  const starts = new Uint32Array(BUCKETS)
  for (let row = 0; row < digit.length; row++) starts[digit[row]!]! += 1
  let before = 0
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const count = starts[bucket]!
    if (count === digit.length) return undefined
    starts[bucket] = before
    before += count
  }
  return starts
}
