import type { Transaction } from 'kysely'
import { invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit, type JournalTables } from '#domains/journal/index'
import { findDataset } from '../dataset.ts'
import { type DataTables, readData } from '../store.ts'

/** How long versions of a data set are kept. One is given up only when both rules allow it. */
export interface Retention {
  /** The newest of them stay. */
  keepVersions: number | null
  /** Those that are younger stay. */
  keepDays: number | null
}

const dayMs = 86_400_000

/** Says how long versions are kept; null and null for ever. Errors: `not_found`, `invalid`. */
export async function setRetention(
  ctx: Context,
  input: { project: string; dataset: string } & Retention,
): Promise<Retention> {
  authorize(ctx, 'admin', input.project)
  const { project, keepVersions, keepDays } = input
  if ((keepVersions ?? 1) < 1 || (keepDays ?? 1) < 1) {
    throw invalid('Keep at least one version, and at least one day.')
  }
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
    .select(['project', 'dataset', 'keep_versions', 'keep_days'])
    .execute()
  const expired: { project: string; dataset: string; version: number }[] = []
  for (const rule of rules) {
    if (rule.keep_versions === null && rule.keep_days === null) continue
    expired.push(...(await expireOf(ctx, rule)))
  }
  return expired
}

type Rule = {
  project: string
  dataset: string
  keep_versions: number | null
  keep_days: number | null
}

async function expireOf(ctx: Context, rule: Rule) {
  const { project, dataset } = rule
  return commit(ctx, async (change) => {
    const db = change.sql<DataTables & JournalTables>()
    const expired: { project: string; dataset: string; version: number }[] = []
    for (const version of await candidates(ctx, db, rule)) {
      if (await isUsed(db, project, dataset, version)) continue
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

/** Versions that the rules and the holds let go, the oldest first. */
async function candidates(
  ctx: Context,
  db: Transaction<DataTables & JournalTables>,
  { project, dataset, keep_versions, keep_days }: Rule,
): Promise<number[]> {
  const rows = await db
    .selectFrom('data_versions')
    .select(['version', 'created_at'])
    .where('project', '=', project)
    .where('dataset', '=', dataset)
    .where('state', '!=', 'expired')
    .orderBy('version', 'desc')
    .execute()
  const holds = await db
    .selectFrom('data_holds')
    .select('version')
    .where('project', '=', project)
    .where('dataset', '=', dataset)
    .where('released_at', 'is', null)
    .execute()
  if (holds.some(({ version }) => version === null)) return []
  const held = new Set(holds.map(({ version }) => version))
  const { latest_version } = await findDataset(db as Transaction<DataTables>, project, dataset)
  const youngest = keep_days === null ? Infinity : ctx.clock() - keep_days * dayMs
  return rows
    .filter((row, rank) => rank >= (keep_versions ?? 0) && row.created_at < youngest)
    .map(({ version }) => version)
    .filter((version) => version !== latest_version && !held.has(version))
    .toReversed()
}

/** Whether anything but the next version was made of it. */
async function isUsed(
  db: Transaction<DataTables & JournalTables>,
  project: string,
  dataset: string,
  version: number,
): Promise<boolean> {
  const row = await db
    .selectFrom('journal_edges')
    .select('target')
    .where('project', '=', project)
    .where('source', '=', subject('data', dataset, version))
    .where('target', 'not like', 'data:%')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
