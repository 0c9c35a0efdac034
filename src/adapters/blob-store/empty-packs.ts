import type { BlobTables } from '#ports/blobs/blob-tables'
import type { CollectPolicy } from '#ports/blobs/upkeep'
import { statOf } from './digest.ts'
import { packRecords } from './pack-record.ts'
import { inGroups, readIndex, type StoreParts } from './parts.ts'
import { noteObject, type PlaceRow } from './places.ts'

/** A pack of which less than this share is still wanted is emptied. */
const emptyShare = 0.5
/** Moved in one round, so that it ends. */
const mostBytes = 256 * 1024 * 1024

interface Pack {
  key: string
  livingBytes: number
}

/**
 * Moves what is left in packs that are mostly empty into the current one. Packs that hold pieces of
 * large blobs stay as they are.
 */
export async function emptyPacks(parts: StoreParts, policy: CollectPolicy): Promise<void> {
  let movedBytes = 0
  for (const { key, livingBytes } of await mostlyEmpty(parts, policy)) {
    if (movedBytes > mostBytes) return
    await emptyPack(parts, key)
    movedBytes += livingBytes
  }
}

async function mostlyEmpty(parts: StoreParts, { untouchedSince }: CollectPolicy): Promise<Pack[]> {
  const rows = await readIndex(parts)
    .selectFrom('blob_objects')
    .innerJoin('blob_places', 'blob_places.object', 'blob_objects.key')
    .select(({ fn }) => [
      'blob_objects.key as key',
      'blob_objects.size_bytes as size_bytes',
      fn.sum('blob_places.size_bytes').as('living'),
    ])
    .where('kind', '=', 'pack')
    .where('doomed_at', 'is', null)
    .where('written_at', '<=', untouchedSince)
    .where(({ exists, not, selectFrom }) =>
      not(
        exists(
          selectFrom('blob_extents')
            .select('blob_extents.sha256')
            .whereRef('blob_extents.object', '=', 'blob_objects.key'),
        ),
      ),
    )
    .groupBy(['blob_objects.key', 'blob_objects.size_bytes'])
    .execute()
  return rows
    .map((row) => ({ key: row.key, livingBytes: Number(row.living), sizeBytes: row.size_bytes }))
    .filter(({ livingBytes, sizeBytes }) => livingBytes < emptyShare * sizeBytes)
}

async function emptyPack(parts: StoreParts, key: string): Promise<void> {
  const rows = await readIndex(parts)
    .selectFrom('blob_places')
    .select(['sha256', 'md5', 'size_bytes', 'object', 'start'])
    .where('object', '=', key)
    .where('damaged_at', 'is', null)
    .execute()
  for (const group of inGroups(rows)) await moveRows(parts, key, group)
}

/** Blobs that turn out to be damaged stay where they are, for the scrub to find. */
async function moveRows(parts: StoreParts, from: string, rows: readonly PlaceRow[]): Promise<void> {
  const blobs: { stat: ReturnType<typeof statOf>; content: Uint8Array }[] = []
  for (const { sha256, start, size_bytes } of rows) {
    const content = await parts.objects.readRange(from, { start, end: start + size_bytes })
    const stat = statOf(content)
    if (stat.sha256 === sha256) blobs.push({ stat, content })
  }
  if (blobs.length === 0) return
  const { bytes, offsets } = packRecords(blobs)
  const { key, start } = await parts.objects.append(bytes)
  const object = { key, kind: 'pack', size_bytes: start + bytes.byteLength } as const
  await parts.tables.write<BlobTables, void>(async (tx) => {
    if (!(await noteObject(tx, object, parts.clock()))) return
    for (const [index, { stat }] of blobs.entries()) {
      await tx
        .updateTable('blob_places')
        .set({ object: key, start: start + (offsets[index] ?? 0) })
        .where('sha256', '=', stat.sha256)
        .where('object', '=', from)
        .execute()
    }
  })
}
