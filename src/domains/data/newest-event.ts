import type { Context } from '#domains/access/index'
import { getDataset } from './read-datasets.ts'
import { getVersion, type VersionReference } from './read-versions.ts'

export interface NewestEvent {
  version: number
  /** The version that it was made from. */
  parent: number | null
  /** Event time. */
  at: number
}

/**
 * How far the event times of a data version go; undefined when its data set has no column of time, or
 * the version no row with one. Errors: `not_found`.
 */
export async function newestEvent(
  ctx: Context,
  input: VersionReference,
): Promise<NewestEvent | undefined> {
  const dataset = await getDataset(ctx, { project: input.project, dataset: input.dataset })
  if (dataset.latestVersion === null || dataset.timestamp === null) return undefined
  const { version, parent, profile } = await getVersion(ctx, input)
  const at = profile?.columns.find(({ name }) => name === dataset.timestamp)?.maximum
  return typeof at === 'number' ? { version, parent, at } : undefined
}
