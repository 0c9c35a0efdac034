import { authorize, type Context } from '#domains/access/index'
import { readCompared } from './analyse-files.ts'
import { arrivedFiles, compareProfiles } from './compare-profiles.ts'
import { type ChangeReport, findDataset } from './dataset.ts'
import { mergeProfiles } from './merge-profiles.ts'
import { profileFiles } from './profile-files.ts'
import { readVersion } from './read-versions.ts'
import { readData } from './store.ts'

/** What changed between any two versions, also back in time. Errors: `not_found`. */
export async function compareVersions(
  ctx: Context,
  input: { project: string; dataset: string; from: string; to: string },
): Promise<ChangeReport> {
  authorize(ctx, 'viewer', input.project)
  const dataset = await findDataset(readData(ctx), input.project, input.dataset)
  const from = await readVersion(ctx, dataset, input.from)
  const to = await readVersion(ctx, dataset, input.to)
  const before = await readCompared(ctx, input.project, dataset.name, from.version)
  const after = await readCompared(ctx, input.project, dataset.name, to.version)
  const arrived = arrivedFiles(before.files, after.files)
  const profiled = await profileFiles(ctx, arrived, before.edges)
  const profiles = arrived.flatMap((file) => profiled.profiles.get(file.sha256) ?? [])
  const merged = mergeProfiles(profiles, profiled.edges)
  return compareProfiles(before, after, {
    rows: after.rows === null ? null : merged.rows,
    columns: merged.columns,
  })
}
