import { GyreError } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { mirroredTags, noteTag, parentRunTag } from './mirrored-tags.ts'
import { findRun } from './read-run.ts'
import { refuseDeleted } from './run-artifacts.ts'
import type { RunsTables, RunsTransaction } from './store.ts'

/** Removes a tag of a run. Errors: `not_found` for the run or the tag, `conflict` (deleted run). */
export async function deleteRunTag(
  ctx: Context,
  input: { project: string; run: string; key: string },
): Promise<void> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { project, run, key } = input
  await commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const row = refuseDeleted(await findRun(db, reach, run))
    const mirrored = mirroredTags(row).some(([name]) => name === key)
    const removed = mirrored ? await clearMirrored(db, run, key) : await removeTag(db, run, key)
    if (!removed) {
      const text = `No tag with name: ${key} in run with id ${run}`
      throw new GyreError({ code: 'not_found', public: text })
    }
    change.record({
      verb: 'run.updated',
      subject: subject('run', run),
      project,
      detail: { name: row.name, removedTags: [key] },
    })
  })
}

async function removeTag(db: RunsTransaction, run: string, key: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('run_tags')
    .where('run_id', '=', run)
    .where('key', '=', key)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** A run keeps its name; what else a tag mirrors can go. */
async function clearMirrored(db: RunsTransaction, run: string, key: string): Promise<boolean> {
  const cleared =
    key === noteTag ? { description: '' } : key === parentRunTag ? { parent: null } : undefined
  if (cleared !== undefined) {
    await db.updateTable('runs').set(cleared).where('id', '=', run).execute()
  }
  return true
}
