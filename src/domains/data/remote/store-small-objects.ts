import { GyreError } from '#kernel/errors'
import type { BlobStat } from '#ports/blobs/blobs'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { nameInChange } from './name-objects.ts'
import { objectPath } from './object-path.ts'
import type { Remote } from './remote.ts'

/** An object of the layout of DVC 3 that fits into memory many times. */
export interface SmallObject {
  md5: string
  content: Uint8Array
}

/** How often objects are put elsewhere because their place was given up meanwhile. */
const attempts = 3

/**
 * Stores small objects, all by one flush of their bytes and one commit. Gives what each is, in the
 * order given, or why it was refused.
 */
export async function storeSmallObjects(
  ctx: Context,
  remote: Remote,
  objects: readonly SmallObject[],
): Promise<(BlobStat | GyreError)[]> {
  authorize(ctx, 'editor', remote.project)
  const contents = objects.map(({ md5, content }) => ({ content, expect: { md5 } }))
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const staged = await ctx.blobStaging.stage(contents)
    const named = staged.results.flatMap((result) =>
      result instanceof GyreError ? [] : [{ ...result, path: objectPath('md5', result.md5) }],
    )
    if (named.length === 0) return staged.results
    const kept = await commit(ctx, async (change) => {
      if (!(await staged.keep(change.sql<unknown>()))) return false
      await nameInChange(ctx, change, remote, named)
      return true
    })
    if (kept) return staged.results
  }
  throw new Error('Places of objects were given up as fast as they were found.')
}
