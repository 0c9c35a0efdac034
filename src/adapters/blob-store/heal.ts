import { asGyreError } from '#kernel/errors'
import type { BlobTables } from '#ports/blobs/blob-tables'
import type { Objects } from '#ports/objects/objects'
import type { HashThread } from './hash-thread-client.ts'
import { sha256Of } from './hashing.ts'
import { takeIn } from './intake.ts'
import { putWhole } from './large-blobs.ts'
import { inGroups, type StoreParts } from './parts.ts'
import type { PlaceRow } from './places.ts'
import { extentsOf, readExtents } from './reading.ts'
import { appendBlobs } from './small-blobs.ts'

/** Whether all bytes of a blob are there and are what its name says. */
export async function isWhole(parts: StoreParts, row: PlaceRow): Promise<boolean> {
  return isWholeIn(parts, parts.objects, row)
}

async function isWholeIn(parts: StoreParts, objects: Objects, row: PlaceRow): Promise<boolean> {
  try {
    const extents = await extentsOf(parts, row)
    return (await sha256Of(readExtents(objects, extents, 0, row.size_bytes))) === row.sha256
  } catch (thrown) {
    const { code } = asGyreError(thrown)
    // A place that does not answer at all says nothing of what is in it.
    if (code === 'not_found' || isDamage(thrown)) return false
    throw thrown
  }
}

function isDamage(thrown: unknown): boolean {
  const { code, retryable } = asGyreError(thrown)
  return code === 'unavailable' && !retryable
}

/**
 * Deals with a blob whose bytes are not what they were: it is served to nobody, and put elsewhere from
 * the second copy when that has it whole.
 */
export async function heal(
  parts: StoreParts,
  hashes: HashThread,
  row: PlaceRow,
): Promise<'repaired' | 'damaged'> {
  await markDamaged(parts, row)
  const { copy } = parts
  if (copy === undefined || !(await isWholeIn(parts, copy, row))) return 'damaged'
  const content = readExtents(copy, await extentsOf(parts, row), 0, row.size_bytes)
  const options = { expect: { sha256: row.sha256 } }
  const taken = await takeIn(content, options, parts.objects, hashes)
  if (taken.kind === 'small') await appendBlobs(parts, [taken])
  else await putWhole(parts, taken).finally(taken.discard)
  return 'repaired'
}

/** Nobody is given the blob any more, and no other blob shares what may be damaged. */
async function markDamaged(parts: StoreParts, row: PlaceRow): Promise<void> {
  const extents = await extentsOf(parts, row)
  const objects = [...new Set(extents.map(({ object }) => object))]
  await parts.tables.write<BlobTables, void>(async (tx) => {
    await tx
      .updateTable('blob_places')
      .set({ damaged_at: parts.clock() })
      .where('sha256', '=', row.sha256)
      .execute()
    for (const group of inGroups(objects)) {
      await tx.deleteFrom('blob_chunks').where('object', 'in', group).execute()
    }
  })
}
