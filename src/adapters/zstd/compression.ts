import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import type { Compression } from '#ports/compression/compression'

const pack = promisify(zstdCompress)
const unpack = promisify(zstdDecompress)

/** Zstandard frames, at the level that is fast. */
export function createZstd(): Compression {
  return { compress: (bytes) => pack(bytes), decompress: (bytes) => unpack(bytes) }
}
