import { notFound } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import type { DataTables } from '../store.ts'
import { atOrBelow } from './list-objects.ts'
import type { Remote } from './remote.ts'

const pathsPerQuery = 500

/**
 * Removes what lies at a path of the remote, or below it, and gives how many objects that were. The
 * bytes stay as long as anything else names them. Manifests are looked at again before they are
 * seen. Errors: `not_found`.
 */
export async function removeObjects(
  ctx: Context,
  { remote, path }: { remote: Remote; path: string },
): Promise<number> {
  authorize(ctx, 'editor', remote.project)
  const { repo, project } = remote
  return commit(ctx, async (change) => {
    const db = change.sql<DataTables>()
    const removed = await db
      .deleteFrom('dvc_objects')
      .where('repo', '=', repo)
      .where(atOrBelow(path))
      .returning('path')
      .execute()
    if (removed.length === 0) throw notFound('object', path)
    for (let start = 0; start < removed.length; start += pathsPerQuery) {
      const some = removed.slice(start, start + pathsPerQuery).map((row) => row.path)
      await db
        .deleteFrom('dvc_waiting')
        .where('repo', '=', repo)
        .where('directory', 'in', some)
        .execute()
    }
    await db
      .updateTable('dvc_remotes')
      .set((eb) => ({ removals: eb('removals', '+', 1) }))
      .where('repo', '=', repo)
      .execute()
    change.record({
      verb: 'remote.removed',
      subject: subject('remote', repo),
      project,
      detail: { path, objects: removed.length },
    })
    return removed.length
  })
}
