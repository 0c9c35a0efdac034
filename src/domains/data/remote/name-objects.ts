import type { Transaction } from 'kysely'
import { subject } from '#kernel/subjects'
import type { BlobStat } from '#ports/blobs/blobs'
import { authorize, type Context } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import type { DataTables } from '../store.ts'
import { claimObjects } from './present-objects.ts'
import type { Remote } from './remote.ts'

export interface NamedBlob extends BlobStat {
  path: string
}

const rowsPerStatement = 500

/**
 * Lets the remote have these blobs under these paths, and its project use them. Manifests that
 * waited only for them are complete from then on. Not for manifests themselves.
 */
export async function nameObjects(
  ctx: Context,
  remote: Remote,
  named: readonly NamedBlob[],
): Promise<void> {
  authorize(ctx, 'editor', remote.project)
  await commit(ctx, (change) => nameInChange(ctx, change, remote, named))
}

/** The same as a part of a change. */
export async function nameInChange(
  ctx: Context,
  change: Change,
  remote: Remote,
  named: readonly NamedBlob[],
): Promise<void> {
  const db = change.sql<DataTables>()
  for (let start = 0; start < named.length; start += rowsPerStatement) {
    const some = named.slice(start, start + rowsPerStatement)
    await claimObjects(ctx, db, remote, some.map(asFound))
    await letProjectUse(ctx, db, remote.project, some)
    const paths = some.map(({ path }) => path)
    await settleWaiting(change, remote, paths)
  }
}

/** Lets the remote have a file whose name says nothing of its content; it replaces what was there. */
export async function nameFile(ctx: Context, { repo }: Remote, file: NamedBlob): Promise<void> {
  const { path, sha256, md5, sizeBytes } = file
  const content = { sha256, md5, size_bytes: sizeBytes, created_at: ctx.clock() }
  await ctx.tables.write<DataTables, void>(async (tx) => {
    await tx
      .insertInto('dvc_objects')
      .values({ repo, path, ...content, missing: 0, checked: 0 })
      .onConflict((c) => c.columns(['repo', 'path']).doUpdateSet(content))
      .execute()
  })
}

function asFound({ path, sha256, md5, sizeBytes }: NamedBlob) {
  return { path, sha256, md5, size_bytes: sizeBytes }
}

async function letProjectUse(
  ctx: Context,
  db: Transaction<DataTables>,
  project: string,
  blobs: readonly BlobStat[],
): Promise<void> {
  const created_at = ctx.clock()
  const rows = blobs.map(({ sha256, md5, sizeBytes }) => ({
    project,
    sha256,
    md5,
    size_bytes: sizeBytes,
    created_at,
  }))
  await db
    .insertInto('data_blobs')
    .values(rows)
    .onConflict((c) => c.doNothing())
    .execute()
}

/** These members are there now: whatever manifest waited for them waits for less. */
export async function settleWaiting(
  change: Change,
  { repo, project }: Remote,
  members: readonly string[],
): Promise<void> {
  const db = change.sql<DataTables>()
  const settled = await db
    .deleteFrom('dvc_waiting')
    .where('repo', '=', repo)
    .where('member', 'in', members)
    .returning('directory')
    .execute()
  const counts = new Map<string, number>()
  for (const { directory } of settled) counts.set(directory, (counts.get(directory) ?? 0) + 1)
  for (const [path, count] of counts) {
    const { missing } = await db
      .updateTable('dvc_objects')
      .set((eb) => ({ missing: eb('missing', '-', count) }))
      .where('repo', '=', repo)
      .where('path', '=', path)
      .returning('missing')
      .executeTakeFirstOrThrow()
    if (missing === 0) recordComplete(change, { repo, project }, path)
  }
}

export function recordComplete(change: Change, { repo, project }: Remote, path: string): void {
  change.record({
    verb: 'remote.completed',
    subject: subject('remote', repo),
    project,
    detail: { path },
  })
}
