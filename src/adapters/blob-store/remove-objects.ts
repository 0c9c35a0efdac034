import type { BlobObjectRow, BlobTables } from '#ports/blobs/blob-tables'
import type { CollectPolicy, Counted } from '#ports/blobs/upkeep'
import { emptyPacks } from './empty-packs.ts'
import { inGroups, readIndex, type StoreParts } from './parts.ts'

type Doomed = Pick<BlobObjectRow, 'key' | 'size_bytes'>

/**
 * Frees space: moves what is left of packs that are mostly empty, gives up objects that hold nothing,
 * and removes those that were given up some time ago, and files that no row names.
 */
export async function removeObjects(parts: StoreParts, policy: CollectPolicy): Promise<Counted> {
  await emptyPacks(parts, policy)
  await doomUnused(parts, policy)
  const doomed = await removeDoomed(parts, policy)
  const orphans = await removeOrphans(parts, policy)
  return { blobs: doomed.blobs + orphans.blobs, sizeBytes: doomed.sizeBytes + orphans.sizeBytes }
}

/** In one transaction with its chunks, so that no blob comes to share them meanwhile. */
async function doomUnused(
  { tables, clock }: StoreParts,
  { untouchedSince }: CollectPolicy,
): Promise<void> {
  await tables.write<BlobTables, void>(async (tx) => {
    const doomed = await tx
      .updateTable('blob_objects')
      .set({ doomed_at: clock() })
      .where('doomed_at', 'is', null)
      .where('written_at', '<=', untouchedSince)
      .where(({ exists, not, selectFrom }) =>
        not(
          exists(
            selectFrom('blob_places')
              .select('blob_places.sha256')
              .whereRef('blob_places.object', '=', 'blob_objects.key'),
          ),
        ),
      )
      .where(({ exists, not, selectFrom }) =>
        not(
          exists(
            selectFrom('blob_extents')
              .select('blob_extents.sha256')
              .whereRef('blob_extents.object', '=', 'blob_objects.key'),
          ),
        ),
      )
      .returning('key')
      .execute()
    for (const group of inGroups(doomed.map(({ key }) => key))) {
      await tx.deleteFrom('blob_chunks').where('object', 'in', group).execute()
    }
  })
}

async function removeDoomed(parts: StoreParts, { doomedSince }: CollectPolicy): Promise<Counted> {
  const rows = await readIndex(parts)
    .selectFrom('blob_objects')
    .select(['key', 'size_bytes'])
    .where('doomed_at', '<=', doomedSince)
    .execute()
  for (const { key } of rows) {
    await parts.objects.remove(key)
    await parts.copy?.remove(key)
    await parts.tables.write<BlobTables, void>(async (tx) => {
      await tx.deleteFrom('blob_objects').where('key', '=', key).execute()
    })
  }
  return counted(rows)
}

function counted(rows: readonly Doomed[]): Counted {
  return { blobs: rows.length, sizeBytes: rows.reduce((sum, row) => sum + row.size_bytes, 0) }
}

/** What a crash left: written, and never named by a row. */
async function removeOrphans(
  parts: StoreParts,
  { untouchedSince }: CollectPolicy,
): Promise<Counted> {
  const removed: Doomed[] = []
  let gathered: Doomed[] = []
  const check = async (): Promise<void> => {
    const rows = await readIndex(parts)
      .selectFrom('blob_objects')
      .select('key')
      .where(
        'key',
        'in',
        gathered.map(({ key }) => key),
      )
      .execute()
    const known = new Set(rows.map(({ key }) => key))
    for (const object of gathered.filter(({ key }) => !known.has(key))) {
      await parts.objects.remove(object.key)
      removed.push(object)
    }
    gathered = []
  }
  for await (const { key, sizeBytes, modifiedAt } of parts.objects.list()) {
    if (modifiedAt > untouchedSince) continue
    gathered.push({ key, size_bytes: sizeBytes })
    if (gathered.length === 500) await check()
  }
  if (gathered.length > 0) await check()
  return counted(removed)
}
