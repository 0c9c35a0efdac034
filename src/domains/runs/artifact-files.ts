import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { directoryAt } from './artifact-place.ts'
import { authorizePath } from './authorize-path.ts'
import { readRuns } from './store.ts'

/**
 * Every file below an address, by its path from there. Of an address that is not in this server's
 * artifacts there are none.
 */
export async function artifactFilesBelow(
  ctx: Context,
  input: { project: string; address: string },
): Promise<{ path: string; sha256: string; sizeBytes: number }[]> {
  const { project } = input
  authorizeOnExperiments(ctx, 'viewer', project)
  const directory = directoryAt(input.address)
  if (directory === undefined || directory === '') return []
  await authorizePath(ctx, 'viewer', { project, path: directory })
  const rows = await readRuns(ctx)
    .selectFrom('artifacts')
    .select(['path', 'sha256', 'size_bytes'])
    .where('project', '=', project)
    .where('path', '>=', `${directory}/`)
    .where('path', '<', `${directory}0`)
    .orderBy('path')
    .execute()
  return rows.map((row) => ({
    path: row.path.slice(directory.length + 1),
    sha256: row.sha256,
    sizeBytes: row.size_bytes,
  }))
}
