import type { BlobStat } from '#ports/blobs/blobs'
import { authorize, type Context } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import { type DataTables, readData } from '../store.ts'
import { readManifest } from './manifest.ts'
import { recordComplete } from './name-objects.ts'
import { objectPath, type RemotePath } from './object-path.ts'
import { claimObjects, findPresent } from './present-objects.ts'
import type { Remote } from './remote.ts'

type DirectoryPath = RemotePath & { kind: 'object' }

const rowsPerStatement = 500

/**
 * Takes a manifest. It is seen when every member is there: at once, or when the last one arrives.
 * `dvc push data/part` sends that of all of `data` first, and one that were seen too early would make
 * everybody believe that nothing is missing.
 */
export async function storeManifest(
  ctx: Context,
  remote: Remote,
  at: DirectoryPath,
  content: Uint8Array,
): Promise<BlobStat> {
  authorize(ctx, 'editor', remote.project)
  const members = memberPaths(ctx, at, content)
  const stat = await ctx.blobs.put(content)
  const absent = await absentMembers(ctx, remote, members)
  await commit(ctx, async (change) => {
    const db = change.sql<DataTables>()
    const before = await db
      .selectFrom('dvc_objects')
      .select('missing')
      .where('repo', '=', remote.repo)
      .where('path', '=', at.path)
      .executeTakeFirst()
    if (before?.missing === 0) return
    const row = { ...asRow(stat), created_at: ctx.clock() }
    await db
      .insertInto('dvc_objects')
      .values({ repo: remote.repo, path: at.path, ...row, missing: 0, checked: 0 })
      .onConflict((c) => c.columns(['repo', 'path']).doUpdateSet(row))
      .execute()
    const left = await awaitMembers(ctx, change, remote, at.path, absent)
    if (left === 0) recordComplete(change, remote, at.path)
  })
  return stat
}

function asRow({ sha256, md5, sizeBytes }: BlobStat) {
  return { sha256, md5, size_bytes: sizeBytes }
}

/** Where the members of a manifest lie. Errors: `invalid` for one that is not what its name says. */
export function memberPaths(ctx: Context, at: DirectoryPath, content: Uint8Array): string[] {
  const members = readManifest(ctx, content, at.digest)
  return [...new Set(members.map(({ md5 }) => objectPath(at.layout, md5)))]
}

/** Members that the remote has under no name; the project may have some of them all the same. */
async function absentMembers(
  ctx: Context,
  remote: Remote,
  members: readonly string[],
): Promise<string[]> {
  const present = await findPresent(readData(ctx), remote, members)
  return members.filter((path) => present.get(path)?.claimed !== true)
}

/**
 * Lets a manifest wait for just those of `absent` that are still not there, and gives how many they
 * are.
 */
export async function awaitMembers(
  ctx: Context,
  change: Change,
  remote: Remote,
  directory: string,
  absent: readonly string[],
): Promise<number> {
  const db = change.sql<DataTables>()
  const { repo } = remote
  const arrived = await findPresent(db, remote, absent)
  const claims = [...arrived.values()].filter(({ claimed }) => !claimed)
  await claimObjects(ctx, db, remote, claims)
  const waiting = absent
    .filter((member) => !arrived.has(member))
    .map((member) => ({ repo, member, directory }))
  await db
    .deleteFrom('dvc_waiting')
    .where('repo', '=', repo)
    .where('directory', '=', directory)
    .execute()
  for (let start = 0; start < waiting.length; start += rowsPerStatement) {
    const rows = waiting.slice(start, start + rowsPerStatement)
    await db.insertInto('dvc_waiting').values(rows).execute()
  }
  const { removals } = await db
    .selectFrom('dvc_remotes')
    .select('removals')
    .where('repo', '=', repo)
    .executeTakeFirstOrThrow()
  await db
    .updateTable('dvc_objects')
    .set({ missing: waiting.length, checked: removals })
    .where('repo', '=', repo)
    .where('path', '=', directory)
    .execute()
  return waiting.length
}
