import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { createRandom } from '../random.ts'
import { decodeChunk, encodeChunk } from './chunk.ts'
import {
  columnsFrom,
  comparePoints,
  distinctPoints,
  findPoint,
  hasPoint,
  type Point,
  pointAt,
  type PointColumns,
  sortPoints,
} from './points.ts'
import { bucketPoints, cellsOf, decodeCells, encodeCells, joinCells } from './rollup.ts'
import { decodeSegment, encodeSegment } from './segment.ts'

const whole = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.maxSafeInteger(),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 1.8e12),
)
const value = fc.oneof(
  fc.double(),
  fc.float(),
  fc.integer(),
  fc.integer({ min: -1e6, max: 1e6 }).map((n) => n / 10_000),
  fc.constantFrom(0, Number.NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, 0.1),
)
const points = fc.array(fc.record({ step: whole, timestamp: whole, value }), { maxLength: 300 })

function rows(columns: PointColumns): Point[] {
  return Array.from(columns.steps, (_, i) => pointAt(columns, i))
}

describe('points by column', () => {
  it('come back from a chunk as they were, negative zeros, NaN and infinities, too', () => {
    fc.assert(
      fc.property(points, (given) => {
        const columns = columnsFrom(given)
        assert.deepEqual(decodeChunk(encodeChunk(columns)), columns)
      }),
    )
  })

  it('come back from a segment by series', () => {
    fc.assert(
      fc.property(fc.array(points, { maxLength: 5 }), (given) => {
        const parts = given.map((one, i) => ({ series: 7 ** i, points: columnsFrom(one) }))
        const bytes = encodeSegment(parts)
        assert.deepEqual(decodeSegment(bytes), parts)
        const picked = decodeSegment(bytes, (series) => series === 7)
        assert.deepEqual(picked, parts.slice(1, 2))
      }),
    )
  })

  it('are refused when the bytes are of another format or end too early', () => {
    const columns = columnsFrom([{ step: 1, timestamp: 2, value: 0.1 }])
    const { dense, noise } = encodeChunk(columns)
    for (const [bytes, decode] of [
      [dense, (cut: Uint8Array) => decodeChunk({ dense: cut, noise })],
      [encodeSegment([{ series: 0, points: columns }]), decodeSegment],
    ] as const) {
      assert.throws(() => decode(Uint8Array.of(9, ...bytes.subarray(1))), RangeError)
      for (let end = 0; end < bytes.length; end++) {
        assert.throws(() => decode(bytes.subarray(0, end)), RangeError)
      }
    }
  })

  it('are sorted, found and made distinct as a reference does it', () => {
    fc.assert(
      fc.property(points, (given) => {
        const sorted = distinctPoints(sortPoints(columnsFrom([...given, ...given])))
        const expected = given
          .toSorted(comparePoints)
          .filter((p, i, all) => i === 0 || comparePoints(all[i - 1] as Point, p) !== 0)
        assert.equal(sorted.steps.length, expected.length)
        rows(sorted).forEach((p, i) => assert.equal(comparePoints(p, expected[i] as Point), 0))
        for (const point of given) assert.ok(hasPoint(sorted, point))
        const absent = { step: 3, timestamp: -77, value: 0.123 }
        const at = findPoint(sorted, absent)
        assert.equal(at, expected.filter((p) => comparePoints(p, absent) < 0).length)
      }),
    )
  })
})

describe('roll-ups', () => {
  it('keep counts, ends and true extremes at every resolution', () => {
    const size = fc.integer({ min: 1, max: 40 })
    fc.assert(
      fc.property(points, size, size, (given, cell, most) => {
        const sorted = sortPoints(columnsFrom(given))
        const cells = decodeCells(encodeCells(cellsOf(sorted, cell)))
        for (const joined of [joinCells(cells, most), bucketPoints(sorted, most)]) {
          assert.ok(joined.length <= most)
          let end = 0
          for (const { count, last, minimum, maximum } of joined) {
            const numbers = [...sorted.values.subarray(end, end + count)].filter((v) => v === v)
            end += count
            assert.deepEqual(last, pointAt(sorted, end - 1))
            const none = numbers.length === 0
            assert.equal(minimum, none ? Number.NaN : Math.min(...numbers))
            assert.equal(maximum, none ? Number.NaN : Math.max(...numbers))
          }
          assert.equal(end, given.length)
        }
      }),
    )
  })
})

describe('the size of points', () => {
  const count = 16_384
  const random = createRandom(7)
  const curve = (round: (loss: number) => number): number => {
    let timestamp = 1_700_000_000_000
    const columns = columnsFrom(
      Array.from({ length: count }, (_, step) => {
        timestamp += 20 + random.integer(8)
        const loss = 2 * Math.exp(-step / 3000) + 0.1 * random.normal()
        return { step, timestamp, value: round(loss) }
      }),
    )
    const { dense, noise } = encodeChunk(columns)
    assert.deepEqual(decodeChunk({ dense, noise }), columns)
    return (zstdCompressSync(dense).length + noise.length) / count
  }

  it('is under eight bytes for a noisy curve, half of that in single precision, less if rounded', () => {
    const sizes = [
      curve((loss) => loss),
      curve(Math.fround),
      curve((loss) => Math.round(1e4 * loss) / 1e4 + 0),
      curve(() => 1),
    ]
    const most = [7.5, 3.8, 2.4, 0.4]
    assert.deepEqual(
      sizes.filter((size, i) => size > (most[i] as number)),
      [],
      sizes.join(),
    )
  })
})
