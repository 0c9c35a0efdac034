import { notFound } from '#kernel/errors'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { dvcManifest } from '#kernel/dvc-manifest'
import { readFileList } from '../file-list.ts'
import { readData } from '../store.ts'
import { recordComplete } from './name-objects.ts'
import { parseRemotePath, type RemotePath } from './object-path.ts'
import { findPresent } from './present-objects.ts'
import type { Remote } from './remote.ts'
import { awaitMembers, memberPaths } from './store-manifest.ts'

export interface RemoteObject {
  path: string
  sha256: string
  md5: string
  sizeBytes: number
}

/** What lies under a path of a remote. Errors: `not_found`, also for a manifest that waits. */
export async function openObject(
  ctx: Context,
  { remote, path }: { remote: Remote; path: string },
): Promise<RemoteObject> {
  authorize(ctx, 'viewer', remote.project)
  const found = await findObject(ctx, remote, path)
  if (found !== undefined) return found
  throw notFound('object', path, `Nothing was pushed to ${remote.repo} under that name.`)
}

/** What lies under a path of a remote, if anything is seen there. */
export async function findObject(
  ctx: Context,
  remote: Remote,
  path: string,
): Promise<RemoteObject | undefined> {
  const at = parseRemotePath(path)
  const found = (await findPresent(readData(ctx), remote, [at.path])).get(at.path)
  if (at.kind === 'object' && at.isDirectory) {
    if (found === undefined) return committedManifest(ctx, remote, at)
    if (!(await isComplete(ctx, remote, at, found.sha256))) return undefined
  }
  if (found === undefined) return undefined
  const { sha256, md5, size_bytes: sizeBytes } = found
  return { path: at.path, sha256, md5, sizeBytes }
}

type DirectoryPath = RemotePath & { kind: 'object' }

/**
 * Whether all members of a pushed manifest are there. What was pushed is known to be there; what
 * has come into the project in another way, or was removed from the remote, is looked for here.
 */
async function isComplete(
  ctx: Context,
  remote: Remote,
  at: DirectoryPath,
  sha256: string,
): Promise<boolean> {
  const { missing, current } = await readState(ctx, remote, at.path)
  if (missing === 0 && current) return true
  const members = current
    ? await waitedFor(ctx, remote, at.path)
    : memberPaths(ctx, at, await ctx.blobs.readAll(sha256))
  const present = await findPresent(readData(ctx), remote, members)
  if (current && present.size === 0) return false
  const absent = members.filter((path) => present.get(path)?.claimed !== true)
  return commit(ctx, async (change) => {
    const left = await awaitMembers(ctx, change, remote, at.path, absent)
    if (left === 0 && missing > 0) recordComplete(change, remote, at.path)
    return left === 0
  })
}

async function readState(
  ctx: Context,
  { repo }: Remote,
  path: string,
): Promise<{ missing: number; current: boolean }> {
  const row = await readData(ctx)
    .selectFrom('dvc_objects')
    .innerJoin('dvc_remotes', 'dvc_remotes.repo', 'dvc_objects.repo')
    .select(['dvc_objects.missing', 'dvc_objects.checked', 'dvc_remotes.removals'])
    .where('dvc_objects.repo', '=', repo)
    .where('dvc_objects.path', '=', path)
    .executeTakeFirstOrThrow()
  return { missing: row.missing, current: row.checked === row.removals }
}

async function waitedFor(ctx: Context, { repo }: Remote, directory: string): Promise<string[]> {
  const rows = await readData(ctx)
    .selectFrom('dvc_waiting')
    .select('member')
    .where('repo', '=', repo)
    .where('directory', '=', directory)
    .execute()
  return rows.map(({ member }) => member)
}

/** The manifest of a version that was committed here, not pushed: its members are in the project. */
async function committedManifest(
  ctx: Context,
  remote: Remote,
  at: DirectoryPath,
): Promise<RemoteObject | undefined> {
  const version = await readData(ctx)
    .selectFrom('data_versions')
    .select('digest')
    .where('project', '=', remote.project)
    .where('dvc_digest', '=', `${at.digest}.dir`)
    .where('state', '=', 'committed')
    .executeTakeFirst()
  if (version === undefined || at.layout !== 'md5') return undefined
  const text = dvcManifest(await readFileList(ctx, version.digest))
  const stat = await ctx.blobs.put(new TextEncoder().encode(text))
  return { path: at.path, ...stat }
}
