import type { BlobTables } from '#ports/blobs/blob-tables'
import { inGroups, type StoreParts } from './parts.ts'
import type { Tx } from './places.ts'

/** Deletes blobs at once, whatever names them. Their bytes go when garbage is collected. */
export async function deletePlaces(parts: StoreParts, digests: readonly string[]): Promise<void> {
  await parts.tables.write<BlobTables, void>(async (tx) => {
    for (const group of inGroups(digests)) {
      await tx.deleteFrom('blob_places').where('sha256', 'in', group).execute()
      await deleteExtents(tx, group)
    }
  })
}

export async function deleteExtents(tx: Tx, digests: readonly string[]): Promise<void> {
  await tx.deleteFrom('blob_extents').where('sha256', 'in', digests).execute()
}
