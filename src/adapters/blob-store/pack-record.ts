import type { BlobExtentRow } from '#ports/blobs/blob-tables'
import type { BlobStat } from '#ports/blobs/blobs'
import { statOf } from './digest.ts'

/*
 * A pack is records one behind another, each a header of 64 bytes and the content:
 *
 *     bytes  0– 7  "GYREPK1\n" for a blob, "GYREPX1\n" for a blob in pieces
 *     bytes  8–39  sha256 of the blob
 *     bytes 40–55  md5 of the blob
 *     bytes 56–63  size of the content, unsigned, big-endian
 *
 * The content is the blob, or, for one in pieces, JSON that says where they lie: [[object, start,
 * size], …]. Between records lie the pieces themselves. So the index can be made again of what the
 * store holds, without the tables.
 */
const blobMagic = Buffer.from('GYREPK1\n')
const piecesMagic = Buffer.from('GYREPX1\n')
const magicStart = Buffer.from('GYREP')
const headerBytes = 64

export type Extent = Pick<BlobExtentRow, 'object' | 'start' | 'size_bytes'>

export type PackRecord =
  | { kind: 'blob'; stat: BlobStat; start: number }
  | { kind: 'pieces'; sha256: string; extents: Extent[] }

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
    writeHeader(bytes, at, blobMagic, stat, content.byteLength)
    at += headerBytes
    offsets.push(at)
    bytes.set(content, at)
    at += content.byteLength
  }
  return { bytes, offsets }
}

/** The record of a blob in pieces. */
export function piecesRecord(stat: BlobStat, extents: readonly Extent[]): Uint8Array {
  const content = Buffer.from(
    JSON.stringify(extents.map(({ object, start, size_bytes }) => [object, start, size_bytes])),
  )
  const header = Buffer.allocUnsafe(headerBytes)
  writeHeader(header, 0, piecesMagic, stat, content.length)
  return Buffer.concat([header, content])
}

function writeHeader(
  bytes: Buffer,
  at: number,
  magic: Buffer,
  { sha256, md5 }: BlobStat,
  contentBytes: number,
): void {
  magic.copy(bytes, at)
  bytes.write(sha256, at + 8, 'hex')
  bytes.write(md5, at + 40, 'hex')
  bytes.writeBigUInt64BE(BigInt(contentBytes), at + 56)
}

/** The records of a pack whose content is what they say; what lies between them is passed over. */
export function readPack(pack: Uint8Array): PackRecord[] {
  const bytes = Buffer.from(pack.buffer, pack.byteOffset, pack.byteLength)
  const records: PackRecord[] = []
  for (let at = nextHeader(bytes, 0); at >= 0;) {
    const found = readRecord(bytes, at)
    if (found !== undefined) records.push(found.record)
    at = nextHeader(bytes, found?.end ?? at + 1)
  }
  return records
}

/** Both magics begin the same, so that one search finds either. */
function nextHeader(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(magicStart, from); at >= 0; at = bytes.indexOf(magicStart, at + 1)) {
    const magic = bytes.subarray(at, at + blobMagic.length)
    if (magic.equals(blobMagic) || magic.equals(piecesMagic)) return at
  }
  return -1
}

function readRecord(bytes: Buffer, at: number): { record: PackRecord; end: number } | undefined {
  if (at + headerBytes > bytes.length) return undefined
  const sha256 = bytes.toString('hex', at + 8, at + 40)
  const start = at + headerBytes
  const size = bytes.readBigUInt64BE(at + 56)
  if (size > BigInt(bytes.length - start)) return undefined
  const end = start + Number(size)
  const content = bytes.subarray(start, end)
  if (bytes.subarray(at, at + blobMagic.length).equals(blobMagic)) {
    const stat = statOf(content)
    return stat.sha256 === sha256 ? { record: { kind: 'blob', stat, start }, end } : undefined
  }
  const extents = parseExtents(content)
  return extents === undefined ? undefined : { record: { kind: 'pieces', sha256, extents }, end }
}

function parseExtents(content: Buffer): Extent[] | undefined {
  let list: unknown
  try {
    list = JSON.parse(content.toString('utf8'))
  } catch {
    // Bytes of a piece that happen to look like a header.
    return undefined
  }
  if (!Array.isArray(list)) return undefined
  const extents: Extent[] = []
  for (const item of list as unknown[]) {
    const [object, start, size_bytes] = Array.isArray(item) ? (item as unknown[]) : []
    if (typeof object !== 'string' || typeof start !== 'number' || typeof size_bytes !== 'number') {
      return undefined
    }
    extents.push({ object, start, size_bytes })
  }
  return extents
}
