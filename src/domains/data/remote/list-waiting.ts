import { authorize, type Context } from '#domains/access/index'
import { readData } from '../store.ts'
import { readManifest } from './manifest.ts'
import { objectPath, parseRemotePath } from './object-path.ts'
import type { Remote } from './remote.ts'

/** A directory that was pushed and is not seen, since some of its files were not. */
export interface WaitingDirectory {
  path: string
  pushedAt: number
  /** Files that are not there, by their path in the directory; at most as many as were asked for. */
  missing: { path: string; md5: string }[]
  missingObjects: number
}

const mostDirectories = 200

/** The directories of a remote that wait for files, the latest first, with what each waits for. */
export async function listWaiting(
  ctx: Context,
  { remote, members }: { remote: Remote; members: number },
): Promise<WaitingDirectory[]> {
  authorize(ctx, 'viewer', remote.project)
  const rows = await readData(ctx)
    .selectFrom('dvc_objects')
    .select(['path', 'sha256', 'missing', 'created_at'])
    .where('repo', '=', remote.repo)
    .where('missing', '>', 0)
    .orderBy('created_at', 'desc')
    .limit(mostDirectories)
    .execute()
  const directories: WaitingDirectory[] = []
  for (const row of rows) {
    directories.push({
      path: row.path,
      pushedAt: row.created_at,
      missing: await missingOf(ctx, remote, row, members),
      missingObjects: row.missing,
    })
  }
  return directories
}

async function missingOf(
  ctx: Context,
  { repo }: Remote,
  { path, sha256 }: { path: string; sha256: string },
  limit: number,
): Promise<WaitingDirectory['missing']> {
  const at = parseRemotePath(path)
  if (at.kind !== 'object') return []
  const waiting = await readData(ctx)
    .selectFrom('dvc_waiting')
    .select('member')
    .where('repo', '=', repo)
    .where('directory', '=', path)
    .execute()
  const absent = new Set(waiting.map(({ member }) => member))
  return readManifest(ctx, await ctx.blobs.readAll(sha256), at.digest)
    .filter(({ md5 }) => absent.has(objectPath(at.layout, md5)))
    .slice(0, limit)
    .map((member) => ({ path: member.path, md5: member.md5 }))
}
