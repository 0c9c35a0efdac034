import { GyreError, notFound } from '#kernel/errors'
import type { BlobExtentRow } from '#ports/blobs/blob-tables'
import type { Objects } from '#ports/objects/objects'
import { sha256OfAll } from './hashing.ts'
import { readIndex, type StoreParts } from './parts.ts'
import { findPlaces, type PlaceRow } from './places.ts'

type Extent = Pick<BlobExtentRow, 'object' | 'start' | 'size_bytes'>

/** Where a blob is that may be read. Errors: `not_found`, `unavailable` for a damaged one. */
export async function requirePlace(parts: StoreParts, sha256: string): Promise<PlaceRow> {
  const row = (await findPlaces(parts, [sha256])).get(sha256)
  if (row === undefined) throw notFound('blob', sha256)
  if (row.damaged_at !== null) throw damaged(sha256)
  return row
}

/** The pieces of a blob in order; one for a blob that is whole. */
export async function extentsOf(parts: StoreParts, row: PlaceRow): Promise<Extent[]> {
  const { object, start, size_bytes } = row
  if (object !== null) return [{ object, start, size_bytes }]
  return readIndex(parts)
    .selectFrom('blob_extents')
    .select(['object', 'start', 'size_bytes'])
    .where('sha256', '=', row.sha256)
    .orderBy('position')
    .execute()
}

/** Bytes [start, end) of what these pieces make. */
export async function* readExtents(
  objects: Objects,
  extents: readonly Extent[],
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  let position = 0
  for (const extent of extents) {
    const from = Math.max(start, position) - position
    const to = Math.min(end, position + extent.size_bytes) - position
    position += extent.size_bytes
    if (from >= to) continue
    let read = 0
    for await (const part of objects.read(extent.object, {
      start: extent.start + from,
      end: extent.start + to,
    })) {
      read += part.byteLength
      yield part
    }
    if (read < to - from) throw cutShort(extent.object)
  }
}

/** A small blob, or nothing when it is not what its name says. */
export async function readSmall(
  objects: Objects,
  { sha256, object, start, size_bytes }: PlaceRow,
): Promise<Uint8Array | undefined> {
  const end = start + size_bytes
  const content = object === null ? undefined : await objects.readRange(object, { start, end })
  return content !== undefined && sha256OfAll(content) === sha256 ? content : undefined
}

export function damaged(sha256: string): GyreError {
  return new GyreError({
    code: 'unavailable',
    public: `Blob ${sha256} is damaged on disk and is not served. Send it again, or let "gyre store scrub" put it right from a second copy.`,
    retryable: false,
  })
}

function cutShort(key: string): GyreError {
  return new GyreError({
    code: 'unavailable',
    public: 'A blob is shorter on disk than it was when it was written.',
    internal: `object ${key}`,
    retryable: false,
  })
}
