import type { BlobStat } from '#ports/blobs/blobs'

/*
 * A pack is records one behind another, each a header of 64 bytes and the content:
 *
 *     bytes  0– 7  "GYREPK1\n"
 *     bytes  8–39  sha256 of the content
 *     bytes 40–55  md5 of the content
 *     bytes 56–63  its size, unsigned, big-endian
 *
 * so that the index can be made again of the packs alone.
 */
const magic = Buffer.from('GYREPK1\n')
const headerBytes = 64

/** The records of blobs, and where the content of each starts in them. */
export function packRecords(blobs: readonly { stat: BlobStat; content: Uint8Array }[]): {
  bytes: Uint8Array
  offsets: number[]
} {
  const total = blobs.reduce((sum, { content }) => sum + headerBytes + content.byteLength, 0)
  const bytes = Buffer.allocUnsafe(total)
  const offsets: number[] = []
  let at = 0
  for (const { stat, content } of blobs) {
    magic.copy(bytes, at)
    bytes.write(stat.sha256, at + 8, 'hex')
    bytes.write(stat.md5, at + 40, 'hex')
    bytes.writeBigUInt64BE(BigInt(content.byteLength), at + 56)
    at += headerBytes
    offsets.push(at)
    bytes.set(content, at)
    at += content.byteLength
  }
  return { bytes, offsets }
}
