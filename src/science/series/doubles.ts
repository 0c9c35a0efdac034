import type { ByteReader, ByteWriter } from './bytes.ts'

const doubles = 0
const singles = 1
/** Plus the number of decimals. */
const decimals = 16
const mostDecimals = 7
const largestWhole = 2 ** 31

/**
 * A column of doubles, bit for bit but for the payload of a NaN. What a network computes in single
 * precision takes four bytes, what was rounded to a few decimals is kept as whole numbers, the rest
 * takes eight. The bytes of equal weight stand together: signs and exponents, which repeat, go to
 * `dense` for a compressor to work on; the lower bytes of mantissas, which are as good as random, go
 * to `noise`.
 */
export function writeDoubles(dense: ByteWriter, noise: ByteWriter, column: Float64Array): void {
  const write = (bytes: Uint8Array, width: number): void => writePlanes(dense, noise, bytes, width)
  const places = decimalsOf(column)
  if (places !== undefined) {
    dense.byte(decimals + places)
    const scale = 10 ** places
    write(bytesOf(Int32Array.from(column, (value) => Math.round(value * scale))), 4)
    return
  }
  const single = Float32Array.from(column)
  if (column.every((value, i) => Object.is(value, single[i]))) {
    dense.byte(singles)
    write(bytesOf(single), 4)
    return
  }
  dense.byte(doubles)
  write(bytesOf(column), 8)
}

export function readDoubles(dense: ByteReader, noise: ByteReader, count: number): Float64Array {
  const mode = dense.byte()
  if (mode === doubles) return new Float64Array(readPlanes(dense, noise, count, 8).buffer)
  const bytes = readPlanes(dense, noise, count, 4)
  if (mode === singles) return Float64Array.from(new Float32Array(bytes.buffer))
  const scale = 10 ** (mode - decimals)
  return Float64Array.from(new Int32Array(bytes.buffer), (whole) => whole / scale)
}

/** The least number of decimals that gives every value back exactly, if there is one. */
function decimalsOf(column: Float64Array): number | undefined {
  let places = 0
  for (const value of column) {
    while (!isWhole(value, places)) if (++places > mostDecimals) return undefined
  }
  return column.every((value) => isWhole(value, places)) ? places : undefined
}

function isWhole(value: number, places: number): boolean {
  const scale = 10 ** places
  const whole = Math.round(value * scale)
  // As a 32-bit integer, which knows no negative zero.
  return Math.abs(whole) < largestWhole && Object.is((whole | 0) / scale, value)
}

function bytesOf(values: Float64Array | Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/** Which planes are noise is one byte ahead, a bit for each. */
function writePlanes(dense: ByteWriter, noise: ByteWriter, bytes: Uint8Array, width: number): void {
  const count = bytes.length / width
  const planes = Array.from({ length: width }, (_, plane) => {
    const values = new Uint8Array(count)
    for (let i = 0, from = plane; i < count; i++, from += width) values[i] = bytes[from] as number
    return values
  })
  const isNoise = planes.map(looksRandom)
  dense.byte(isNoise.reduce((mask, random, plane) => mask | (Number(random) << plane), 0))
  planes.forEach((plane, i) => (isNoise[i] === true ? noise : dense).bytes(plane))
}

/** Whether bytes come about equally often: more than 7.8 bits of information in each. */
function looksRandom(bytes: Uint8Array): boolean {
  const counts = new Uint32Array(256)
  for (const byte of bytes) counts[byte] = (counts[byte] as number) + 1
  let bits = 0
  for (const count of counts) {
    if (count > 0) bits -= count * Math.log2(count / bytes.length)
  }
  return bits > 7.8 * bytes.length
}

function readPlanes(
  dense: ByteReader,
  noise: ByteReader,
  count: number,
  width: number,
): Uint8Array<ArrayBuffer> {
  const mask = dense.byte()
  const bytes = new Uint8Array(count * width)
  for (let plane = 0; plane < width; plane++) {
    const values = ((mask >> plane) & 1 ? noise : dense).bytes(count)
    for (let i = 0, to = plane; i < count; i++, to += width) bytes[to] = values[i] as number
  }
  return bytes
}
