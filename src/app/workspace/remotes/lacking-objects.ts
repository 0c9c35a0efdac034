import { manyAtOnce } from './many-at-once.ts'

/** A place that can be asked for one object, and for all whose digest begins the same. */
export interface Listing {
  has(digest: string): Promise<boolean>
  /** Digests that begin with these two characters. */
  beginningWith(prefix: string): Promise<ReadonlySet<string>>
  /** How many of them come with one request. */
  perRequest: number
}

const prefixCount = 256

/** Every beginning that a digest may have. */
export const prefixes: readonly string[] = Array.from({ length: prefixCount }, (_, i) =>
  i.toString(16).padStart(2, '0'),
)

/**
 * Which of the digests a place lacks: asked for one by one, or listed where that takes fewer requests,
 * judged by one beginning as dvc does.
 */
export async function lackingObjects(
  digests: readonly string[],
  listing: Listing,
): Promise<string[]> {
  const byPrefix = Map.groupBy(digests, (digest) => digest.slice(0, 2))
  const lacking: string[] = []
  if (!(await isListingCheaper(digests, byPrefix, listing))) {
    await manyAtOnce(digests, async (digest) => {
      if (!(await listing.has(digest))) lacking.push(digest)
    })
    return lacking
  }
  await manyAtOnce([...byPrefix], async ([prefix, some]) => {
    const there = await listing.beginningWith(prefix)
    for (const digest of some) if (!there.has(digest)) lacking.push(digest)
  })
  return lacking
}

async function isListingCheaper(
  digests: readonly string[],
  byPrefix: ReadonlyMap<string, readonly string[]>,
  { beginningWith, perRequest }: Listing,
): Promise<boolean> {
  const [sample] = byPrefix.keys()
  if (sample === undefined || digests.length <= byPrefix.size) return false
  const requestsEach = Math.max(1, (await beginningWith(sample)).size / perRequest)
  return byPrefix.size * requestsEach < digests.length
}
