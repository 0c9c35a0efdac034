import { ByteReader, ByteWriter } from './bytes.ts'
import { readDoubles, writeDoubles } from './doubles.ts'
import type { PointColumns } from './points.ts'
import { readWholeNumbers, writeWholeNumbers } from './whole-numbers.ts'

const version = 1

/** A chunk in two parts: one that a compressor makes smaller, and one that nothing does. */
export interface ChunkBytes {
  dense: Uint8Array
  noise: Uint8Array
}

/** Points by column: see `docs/design/metrics.md` for the format. */
export function encodeChunk(points: PointColumns): ChunkBytes {
  const dense = new ByteWriter(64 + 3 * points.steps.length)
  const noise = new ByteWriter(64 + 9 * points.steps.length)
  dense.byte(version)
  dense.varint(points.steps.length)
  writeWholeNumbers(dense, noise, points.steps)
  writeWholeNumbers(dense, noise, points.timestamps)
  writeDoubles(dense, noise, points.values)
  return { dense: dense.finish(), noise: noise.finish() }
}

/** Throws `RangeError` for bytes that `encodeChunk` did not write. */
export function decodeChunk(bytes: ChunkBytes): PointColumns {
  const dense = new ByteReader(bytes.dense)
  const noise = new ByteReader(bytes.noise)
  if (dense.byte() !== version) throw new RangeError('The chunk is of an unknown format.')
  const count = dense.varint()
  const steps = readWholeNumbers(dense, noise, count)
  const timestamps = readWholeNumbers(dense, noise, count)
  return { steps, timestamps, values: readDoubles(dense, noise, count) }
}
