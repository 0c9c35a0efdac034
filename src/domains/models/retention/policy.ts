import { invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { authorizeModel } from '../authorize-model.ts'
import { findModel } from '../find-model.ts'
import { type ModelsReader, type ModelsTables, readModels } from '../store.ts'

/** How long versions are kept. One is given up only when both rules allow it; null and null: never. */
export interface ModelRetention {
  /** The newest of them stay. */
  keepVersions: number | null
  /** Those that are younger stay. */
  keepDays: number | null
}

/** Says how long versions of a model are kept. Errors: `not_found`, `invalid`. */
export async function setModelRetention(
  ctx: Context,
  input: { project: string; model: string } & ModelRetention,
): Promise<ModelRetention> {
  authorizeModel(ctx, 'admin', input)
  const { keepVersions, keepDays } = input
  if ((keepVersions ?? 1) < 1 || (keepDays ?? 1) < 1) {
    throw invalid('Keep at least one version, and at least one day.')
  }
  const rules = { keep_versions: keepVersions, keep_days: keepDays }
  await commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const { project, name: model } = await findModel(db, input.project, input.model)
    await db
      .insertInto('model_retention')
      .values({ project, model, ...rules })
      .onConflict((c) => c.columns(['project', 'model']).doUpdateSet(rules))
      .execute()
    change.record({
      verb: 'model.retention-set',
      subject: subject('model', model),
      project,
      detail: { keepVersions, keepDays },
    })
  })
  return { keepVersions, keepDays }
}

/** Errors: `not_found`. */
export async function getModelRetention(
  ctx: Context,
  input: { project: string; model: string },
): Promise<ModelRetention> {
  authorizeModel(ctx, 'viewer', input)
  const db = readModels(ctx)
  const { name } = await findModel(db, input.project, input.model)
  return retentionOf(db, { project: input.project, model: name })
}

export async function retentionOf(
  db: ModelsReader,
  { project, model }: { project: string; model: string },
): Promise<ModelRetention> {
  const row = await db
    .selectFrom('model_retention')
    .select(['keep_versions', 'keep_days'])
    .where('project', '=', project)
    .where('model', '=', model)
    .executeTakeFirst()
  return { keepVersions: row?.keep_versions ?? null, keepDays: row?.keep_days ?? null }
}

/** Models that have a rule. */
export async function retainedModels(ctx: Context): Promise<{ project: string; model: string }[]> {
  authorize(ctx, 'admin', '*')
  return readModels(ctx)
    .selectFrom('model_retention')
    .select(['project', 'model'])
    .where((eb) => eb.or([eb('keep_versions', 'is not', null), eb('keep_days', 'is not', null)]))
    .execute()
}
