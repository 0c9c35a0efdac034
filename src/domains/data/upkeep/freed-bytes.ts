import type { BlobKeeper } from '#ports/blobs/blob-names'
import type { Context } from '#domains/access/index'

/** What giving something up frees: what nothing else names, each blob counted once. */
export interface FreedBytes {
  freed: { blobs: number; sizeBytes: number }
  /** What something else names as well, and so stays. */
  shared: { blobs: number; sizeBytes: number; keptBy: string[] }
}

const mostKeepersTold = 10

/**
 * What would be free if the rows for which `isGoing` is true named nothing any more. `sizes` has
 * every blob that they name, with its bytes.
 */
export async function freedBytes(
  ctx: Context,
  project: string,
  sizes: ReadonlyMap<string, number>,
  isGoing: (table: string, row: Readonly<Record<string, unknown>>) => boolean,
): Promise<FreedBytes> {
  const elsewhere = await ctx.blobNames.namedBesides(new Set(sizes.keys()), isGoing)
  const count = (digests: readonly string[]) => ({
    blobs: digests.length,
    sizeBytes: digests.reduce((sum, sha256) => sum + (sizes.get(sha256) ?? 0), 0),
  })
  const digests = [...sizes.keys()]
  const keepers = new Set([...elsewhere.values()].map((keeper) => wordsOf(keeper, project)))
  return {
    freed: count(digests.filter((sha256) => !elsewhere.has(sha256))),
    shared: {
      ...count(digests.filter((sha256) => elsewhere.has(sha256))),
      keptBy: [...keepers].slice(0, mostKeepersTold),
    },
  }
}

/** What another project has is not told to this one. */
function wordsOf({ project, words }: BlobKeeper, own: string): string {
  return project === undefined || project === own ? words : 'another project'
}
