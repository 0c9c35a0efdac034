import { subject } from '#kernel/subjects'
import type { ScrubReport, StoreSummary } from '#ports/blobs/upkeep'
import { authorize, type Context, everyProject } from '#domains/access/index'
import { commit } from '#domains/journal/index'

/** What the blob store holds and takes. */
export async function describeStore(ctx: Context): Promise<StoreSummary> {
  authorize(ctx, 'admin', everyProject)
  return ctx.blobUpkeep.summary()
}

/**
 * Reads blobs that were not read since then, and compares them with their names. What is damaged is
 * put right from the second copy if there is one, else served to nobody until it is sent again.
 */
export async function scrubStore(
  ctx: Context,
  input: { uncheckedSince: number; mostBytes: number },
): Promise<ScrubReport> {
  authorize(ctx, 'admin', everyProject)
  const signal = ctx.signal === undefined ? {} : { signal: ctx.signal }
  const report = await ctx.blobUpkeep.scrub({ ...input, ...signal })
  await noteDamage(ctx, everyProject, report)
  return report
}

/** Records what an editor of the project found damaged, and what was put right. */
export async function noteDamage(
  ctx: Context,
  project: string,
  { damaged, repaired }: Pick<ScrubReport, 'damaged' | 'repaired'>,
): Promise<void> {
  authorize(ctx, 'editor', project)
  if (damaged.length + repaired.length === 0) return
  await commit(ctx, async (change) => {
    for (const [verb, digests] of [
      ['blob.damaged', damaged],
      ['blob.repaired', repaired],
    ] as const) {
      for (const sha256 of digests) {
        change.record({ verb, subject: subject('blob', sha256), project: everyProject })
      }
    }
  })
}

/** Gives the second copy what it does not have yet; gives how many bytes. */
export async function copyStore(ctx: Context, input: { mostBytes: number }): Promise<number> {
  authorize(ctx, 'admin', everyProject)
  const signal = ctx.signal === undefined ? {} : { signal: ctx.signal }
  return ctx.blobUpkeep.copy({ ...input, ...signal })
}
