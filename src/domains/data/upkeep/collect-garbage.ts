import type { Transaction } from 'kysely'
import { GyreError, invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import type { CollectReport } from '#ports/blobs/upkeep'
import { authorize, type Context, everyProject } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import type { DataTables } from '../store.ts'

export interface CollectInput {
  /** Only says what would happen. */
  dryRun: boolean
  /** How long what nothing names is left alone: the longest upload, from its first file to its last. */
  graceHours?: number | undefined
  /** How long it lies in quarantine, and space that was given up is left to those who read it. */
  quarantineHours?: number | undefined
}

const hourMs = 3_600_000
const usualGraceHours = 24
/** An upload names its blobs within this, so that it can never lose one. */
const leastGraceHours = 1
const usualQuarantineHours = 7 * 24

/**
 * Gives up blobs that nothing names: not a version, an artifact, a model, a remote, in any project.
 * First they are in quarantine, then they are deleted. Errors: `refused` where a table may name blobs
 * and nobody says whether it does.
 */
export async function collectGarbage(ctx: Context, input: CollectInput): Promise<CollectReport> {
  authorize(ctx, 'admin', everyProject)
  const graceHours = input.graceHours ?? usualGraceHours
  if (graceHours < leastGraceHours) {
    throw invalid(
      `A grace period of ${graceHours} hours could take a blob from an upload that is under way. Give at least ${leastGraceHours}.`,
    )
  }
  await refuseUndeclared(ctx)
  const now = ctx.clock()
  const quarantinedSince = now - (input.quarantineHours ?? usualQuarantineHours) * hourMs
  const report = await ctx.blobUpkeep.collect(ctx.blobNames.live(), {
    untouchedSince: now - graceHours * hourMs,
    quarantinedSince,
    doomedSince: quarantinedSince,
    dryRun: input.dryRun,
    forget,
  })
  if (!input.dryRun) await record(ctx, report)
  return report
}

async function refuseUndeclared(ctx: Context): Promise<void> {
  const undeclared = await ctx.blobNames.undeclared()
  if (undeclared.length === 0) return
  throw new GyreError({
    code: 'refused',
    public: `Nothing was collected: ${undeclared.join(', ')} may name blobs, and this version does not know whether they do. Update Gyre, or remove what made them.`,
  })
}

/** Uploads that nothing names: whoever wants them again sends them again. */
async function forget(tx: Transaction<unknown>, digests: readonly string[]): Promise<void> {
  const db = tx as unknown as Transaction<DataTables>
  await db.deleteFrom('data_blobs').where('sha256', 'in', digests).execute()
  await db.deleteFrom('data_file_profiles').where('sha256', 'in', digests).execute()
}

async function record(ctx: Context, report: CollectReport): Promise<void> {
  const { quarantined, deleted, rescued, removedObjects } = report
  const changed = [quarantined, deleted, rescued, removedObjects].some(({ blobs }) => blobs > 0)
  if (!changed) return
  await commit(ctx, async (change) => {
    change.record({
      verb: 'garbage.collected',
      subject: subject('project', everyProject),
      project: everyProject,
      detail: {
        deleted: deleted.blobs,
        deletedBytes: deleted.sizeBytes,
        quarantined: quarantined.blobs,
        quarantinedBytes: quarantined.sizeBytes,
        rescued: rescued.blobs,
      },
    })
  })
}
