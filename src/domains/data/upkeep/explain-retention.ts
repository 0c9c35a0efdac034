import { authorize, type Context } from '#domains/access/index'
import { findDataset } from '../dataset.ts'
import { readData } from '../store.ts'
import { type Measured, measureOnlyIn } from './measure-lists.ts'
import { checkRules, getRetention, type Retention } from './retention.ts'
import { fatesOf, type VersionFate } from './version-fates.ts'

export interface RetentionPlan {
  rules: Retention
  /** The newest first. */
  versions: Omit<VersionFate, 'digest'>[]
  /**
   * Content that only versions that go name, among the data sets of the project. A remote or an
   * artifact may keep some of it all the same.
   */
  freed: Measured
}

/**
 * What the retention rules of a data set, or rules that are only thought of, do to each version and
 * why; changes nothing. Errors: `not_found`, `invalid`.
 */
export async function explainRetention(
  ctx: Context,
  input: { project: string; dataset: string; rules?: Retention | undefined },
): Promise<RetentionPlan> {
  authorize(ctx, 'viewer', input.project)
  const { project } = input
  if (input.rules !== undefined) checkRules(input.rules)
  const { name: dataset } = await findDataset(readData(ctx), project, input.dataset)
  const rules = input.rules ?? (await getRetention(ctx, { project, dataset }))
  const fates = await fatesOf(readData(ctx), { project, dataset, rules, now: ctx.clock() })
  const going = fates.filter(({ goes }) => goes)
  const freed =
    going.length === 0
      ? { blobs: 0, sizeBytes: 0 }
      : await measureOnlyIn(
          ctx,
          going.map(({ digest }) => digest),
          [...(await staying(ctx, project, dataset, going))],
        )
  return { rules, versions: fates.map(({ digest: _, ...fate }) => fate), freed }
}

/** Lists of all versions of the project but those that go. */
async function staying(
  ctx: Context,
  project: string,
  dataset: string,
  going: readonly VersionFate[],
): Promise<Set<string>> {
  const gone = new Set(going.map(({ version }) => version))
  const rows = await readData(ctx)
    .selectFrom('data_versions')
    .select(['dataset', 'version', 'digest'])
    .where('project', '=', project)
    .where('state', '!=', 'expired')
    .execute()
  return new Set(
    rows
      .filter((row) => row.dataset !== dataset || !gone.has(row.version))
      .map(({ digest }) => digest),
  )
}
