import { invalid } from '#kernel/errors'
import { authorize, type Context } from '#domains/access/index'
import { edgesOf } from './analyse-files.ts'
import { type DataProfile, findDataset } from './dataset.ts'
import { mergeProfiles } from './merge-profiles.ts'
import { profileFiles } from './profile-files.ts'
import { oneFile } from './read-files.ts'
import { readVersion, type VersionReference } from './read-versions.ts'
import { readData } from './store.ts'

/** Of each query. */
const timeoutMs = 60_000

/**
 * The columns of one file of a version, with the version's edges, so that histograms compare. It is
 * measured once for each content, mostly when it was committed. Errors: `not_found`; `invalid` for a
 * file that is no table, `unavailable` for one that takes too long.
 */
export async function profileFile(
  ctx: Context,
  input: VersionReference & { path: string },
): Promise<DataProfile> {
  authorize(ctx, 'viewer', input.project)
  const dataset = await findDataset(readData(ctx), input.project, input.dataset)
  const version = await readVersion(ctx, dataset, input.version)
  const file = await oneFile(ctx, input)
  const { profiles, edges, unread } = await profileFiles(
    ctx,
    [file],
    edgesOf(version.profile.columns),
    { timeoutMs, ...(ctx.signal === undefined ? {} : { signal: ctx.signal }) },
  )
  const profile = profiles.get(file.sha256)
  if (profile !== undefined) return { ...mergeProfiles([profile], edges), unread: [] }
  throw invalid(`File "${file.path}" has no columns: ${unread[0]?.reason ?? 'it is no table'}.`)
}
