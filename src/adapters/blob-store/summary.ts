import type { Counted, StoreSummary } from '#ports/blobs/upkeep'
import { readIndex, type StoreParts } from './parts.ts'

/** What the store holds and takes, from its index. */
export async function summarize(parts: StoreParts): Promise<StoreSummary> {
  const places = await readIndex(parts)
    .selectFrom('blob_places')
    .select(({ fn, eb }) => [
      fn.countAll().as('blobs'),
      fn.sum('size_bytes').as('bytes'),
      fn
        .min(eb.case().when('damaged_at', 'is', null).then(eb.ref('checked_at')).end())
        .as('checked'),
      fn.count(eb.case().when('object', 'is', null).then(1).end()).as('pieces'),
    ])
    .executeTakeFirstOrThrow()
  const objects = await readIndex(parts)
    .selectFrom('blob_objects')
    .select(({ fn, eb }) => [
      fn.sum('size_bytes').as('bytes'),
      fn.sum('copied_bytes').as('copied'),
      fn.count(eb.case().when('kind', '=', 'file').then(1).end()).as('files'),
      fn.count(eb.case().when('kind', '=', 'pack').then(1).end()).as('packs'),
    ])
    .executeTakeFirstOrThrow()
  const storedBytes = Number(objects.bytes ?? 0)
  return {
    blobs: Number(places.blobs),
    contentBytes: Number(places.bytes ?? 0),
    storedBytes,
    files: Number(objects.files),
    packs: Number(objects.packs),
    inPieces: Number(places.pieces),
    quarantined: await countWith(parts, 'quarantined_at'),
    damaged: await countWith(parts, 'damaged_at'),
    damagedBlobs: await listDamaged(parts),
    checkedSince: places.checked === null ? null : Number(places.checked),
    notCopiedBytes: parts.copy === undefined ? null : storedBytes - Number(objects.copied ?? 0),
  }
}

async function countWith(
  parts: StoreParts,
  column: 'quarantined_at' | 'damaged_at',
): Promise<Counted> {
  const row = await readIndex(parts)
    .selectFrom('blob_places')
    .select(({ fn }) => [fn.countAll().as('blobs'), fn.sum('size_bytes').as('bytes')])
    .where(column, 'is not', null)
    .executeTakeFirstOrThrow()
  return { blobs: Number(row.blobs), sizeBytes: Number(row.bytes ?? 0) }
}

const mostDamaged = 100

async function listDamaged(parts: StoreParts): Promise<StoreSummary['damagedBlobs']> {
  const rows = await readIndex(parts)
    .selectFrom('blob_places')
    .select(['sha256', 'size_bytes as sizeBytes', 'damaged_at'])
    .where('damaged_at', 'is not', null)
    .orderBy('damaged_at', 'desc')
    .limit(mostDamaged)
    .execute()
  return rows.map(({ damaged_at, ...row }) => ({ ...row, at: damaged_at ?? 0 }))
}
