import { ByteReader, ByteWriter } from './bytes.ts'
import { columnsOf, type PointColumns } from './points.ts'
import { readWholeNumbers, writeWholeNumbers } from './whole-numbers.ts'

const version = 1

/** Points of one series within a segment. */
export interface SegmentPart {
  series: number
  points: PointColumns
}

/**
 * Points of several series in one piece, written at once and read by series: a directory, then the
 * parts. The points of a part are sorted by (step, timestamp, value).
 */
export function encodeSegment(parts: readonly SegmentPart[]): Uint8Array {
  const head = new ByteWriter(16 + 8 * parts.length)
  const body = new ByteWriter(
    16 + 14 * parts.reduce((sum, { points }) => sum + points.steps.length, 0),
  )
  head.byte(version)
  head.varint(parts.length)
  for (const { series, points } of parts) {
    const start = body.length
    writeWholeNumbers(body, body, points.steps)
    writeWholeNumbers(body, body, points.timestamps)
    for (const value of points.values) body.double(value)
    head.varint(series)
    head.varint(points.steps.length)
    head.varint(body.length - start)
  }
  head.bytes(body.finish())
  return head.finish()
}

/** The parts of the series that `wanted` says. Throws `RangeError` for bytes of another format. */
export function decodeSegment(
  bytes: Uint8Array,
  wanted: (series: number) => boolean = () => true,
): SegmentPart[] {
  const reader = new ByteReader(bytes)
  if (reader.byte() !== version) throw new RangeError('The segment is of an unknown format.')
  const directory = Array.from({ length: reader.varint() }, () => ({
    series: reader.varint(),
    count: reader.varint(),
    sizeBytes: reader.varint(),
  }))
  const parts: SegmentPart[] = []
  for (const { series, count, sizeBytes } of directory) {
    const part = reader.bytes(sizeBytes)
    if (wanted(series)) parts.push({ series, points: readPart(part, count) })
  }
  return parts
}

function readPart(bytes: Uint8Array, count: number): PointColumns {
  const reader = new ByteReader(bytes)
  const points = columnsOf(count)
  points.steps.set(readWholeNumbers(reader, reader, count))
  points.timestamps.set(readWholeNumbers(reader, reader, count))
  for (let i = 0; i < count; i++) points.values[i] = reader.double()
  return points
}
