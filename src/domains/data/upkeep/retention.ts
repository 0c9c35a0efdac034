import { invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit, type JournalTables } from '#domains/journal/index'
import { findDataset } from '../dataset.ts'
import { type DataTables, readData } from '../store.ts'
import { fatesOf } from './version-fates.ts'

/** How long versions of a data set are kept. One is given up only when both rules allow it. */
export interface Retention {
  /** The newest of them stay. */
  keepVersions: number | null
  /** Those that are younger stay. */
  keepDays: number | null
}

/** Says how long versions are kept; null and null for ever. Errors: `not_found`, `invalid`. */
export async function setRetention(
  ctx: Context,
  input: { project: string; dataset: string } & Retention,
): Promise<Retention> {
  authorize(ctx, 'admin', input.project)
  const { project, keepVersions, keepDays } = input
  checkRules(input)
  const { name: dataset } = await findDataset(readData(ctx), project, input.dataset)
  const rules = { keep_versions: keepVersions, keep_days: keepDays }
  await commit(ctx, async (change) => {
    await change
      .sql<DataTables>()
      .insertInto('data_retention')
      .values({ project, dataset, ...rules })
      .onConflict((c) => c.columns(['project', 'dataset']).doUpdateSet(rules))
      .execute()
    const detail = { keepVersions, keepDays }
    change.record({
      verb: 'data.retention-set',
      subject: subject('data', dataset),
      project,
      detail,
    })
  })
  return { keepVersions, keepDays }
}

export function checkRules({ keepVersions, keepDays }: Retention): void {
  if ((keepVersions ?? 1) >= 1 && (keepDays ?? 1) >= 1) return
  throw invalid('Keep at least one version, and at least one day.')
}

export async function getRetention(
  ctx: Context,
  input: { project: string; dataset: string },
): Promise<Retention> {
  authorize(ctx, 'viewer', input.project)
  const { project } = input
  const { name: dataset } = await findDataset(readData(ctx), project, input.dataset)
  const row = await readData(ctx)
    .selectFrom('data_retention')
    .select(['keep_versions', 'keep_days'])
    .where('project', '=', project)
    .where('dataset', '=', dataset)
    .executeTakeFirst()
  return { keepVersions: row?.keep_versions ?? null, keepDays: row?.keep_days ?? null }
}

/**
 * Gives up the files of versions that no rule keeps: not the latest, not what is held, not what a
 * run, a training set or a model was made of. What they were stays on record. Gives them.
 */
export async function expireVersions(
  ctx: Context,
): Promise<{ project: string; dataset: string; version: number }[]> {
  authorize(ctx, 'admin', '*')
  const rules = await readData(ctx)
    .selectFrom('data_retention')
    .select(['project', 'dataset', 'keep_versions as keepVersions', 'keep_days as keepDays'])
    .execute()
  const expired: { project: string; dataset: string; version: number }[] = []
  for (const rule of rules) {
    if (rule.keepVersions === null && rule.keepDays === null) continue
    expired.push(...(await expireOf(ctx, rule)))
  }
  return expired
}

async function expireOf(
  ctx: Context,
  { project, dataset, ...rules }: { project: string; dataset: string } & Retention,
) {
  return commit(ctx, async (change) => {
    const db = change.sql<DataTables & JournalTables>()
    const expired: { project: string; dataset: string; version: number }[] = []
    const fates = await fatesOf(db, { project, dataset, rules, now: ctx.clock() })
    const going = fates.filter(({ goes }) => goes).toReversed()
    for (const { version } of going) {
      await db
        .updateTable('data_versions')
        .set({ state: 'expired' })
        .where('project', '=', project)
        .where('dataset', '=', dataset)
        .where('version', '=', version)
        .execute()
      change.record({ verb: 'data.expired', subject: subject('data', dataset, version), project })
      expired.push({ project, dataset, version })
    }
    return expired
  })
}
