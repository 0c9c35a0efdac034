import { subject } from '#kernel/subjects'
import { type Context, moveGrants } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { authorizeModel } from './authorize-model.ts'
import { taken } from './create-model.ts'
import { ownRow } from './declare-model.ts'
import { describeModel } from './describe-models.ts'
import { findModel } from './find-model.ts'
import type { Model } from './model.ts'
import { checkModelName } from './model-names.ts'
import { refuseInUse } from './pass-guard.ts'
import { pointersOf, writeBegun, writeEnded } from './pointer-moves.ts'
import { refuseHeld } from './retention/holds.ts'
import { type InUse, refuseUsed } from './retention/in-use.ts'
import type { ModelsTables, ModelsTransaction } from './store.ts'

/** Tables whose rows belong to a model by its name. History is not among them: it stays as it was. */
const owned = [
  'model_versions',
  'model_tags',
  'version_tags',
  'version_reviews',
  'model_aliases',
  'gate_decisions',
  'model_retention',
  'model_holds',
] as const

/**
 * Gives a model another name. Its versions, tags, aliases and decisions go with it; what pointed
 * where under the old name can still be asked for. Errors: `not_found`, `invalid`, `already_exists`.
 */
export async function renameModel(
  ctx: Context,
  input: { project: string; model: string; name: string },
): Promise<Model> {
  authorizeModel(ctx, 'editor', input, 'operator')
  const name = checkModelName(input.name)
  return commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const row = await findModel(db, input.project, input.model)
    const { project } = row
    if (row.name === name) return describeModel(db, row)
    if ((await ownRow(db, project, name)) !== undefined) throw taken(name)
    const pointers = await pointersOf(db, { project, model: row.name })
    const now = ctx.clock()
    await moveGrants(change, { project, resource: `model:${row.name}`, to: `model:${name}` })
    await moveRows(db, project, row.name, name, now)
    await writeEnded(ctx, db, { project, model: row.name }, pointers, `Renamed to ${name}.`)
    const before = subject('model', row.name)
    const reason = `Renamed from ${row.name}.`
    await writeBegun(ctx, db, { project, model: name }, pointers, reason, [before])
    change.record({
      verb: 'model.renamed',
      subject: subject('model', name),
      project,
      inputs: [before],
      detail: { from: row.name, to: name },
    })
    return describeModel(db, { ...row, name, updated_at: now })
  })
}

async function moveRows(
  db: ModelsTransaction,
  project: string,
  from: string,
  to: string,
  now: number,
): Promise<void> {
  await db
    .updateTable('registered_models')
    .set({ name: to, updated_at: now })
    .where('project', '=', project)
    .where('name', '=', from)
    .execute()
  for (const table of owned) {
    await db
      .updateTable(table)
      .set({ model: to })
      .where('project', '=', project)
      .where('model', '=', from)
      .execute()
  }
  await db
    .updateTable('model_versions')
    .set({ updated_at: now })
    .where('project', '=', project)
    .where('model', '=', to)
    .execute()
}

/**
 * Deletes a model with its versions, tags, aliases and decisions; its history stays. A model of the
 * same name may be made afterwards and begins with version 1. Errors: `not_found`, `refused` while a
 * guarded alias points into it, a hold names it, or `inUse` says that a version is in use.
 */
export async function deleteModel(
  ctx: Context,
  input: { project: string; model: string },
  inUse?: InUse,
): Promise<void> {
  authorizeModel(ctx, 'editor', input, 'operator')
  await commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const model = await findModel(db, input.project, input.model)
    const { project, name } = model
    const pointers = await pointersOf(db, { project, model: name })
    refuseInUse(model, pointers.aliases)
    await refuseHeld(db, { project, model: name })
    await refuseUsed(db, { project, model: name }, inUse)
    await writeEnded(ctx, db, { project, model: name }, pointers, 'The model was deleted.')
    await moveGrants(change, { project, resource: `model:${name}`, to: undefined })
    await db
      .deleteFrom('registered_models')
      .where('project', '=', project)
      .where('name', '=', name)
      .execute()
    for (const table of owned) {
      await db.deleteFrom(table).where('project', '=', project).where('model', '=', name).execute()
    }
    change.record({
      verb: 'model.deleted',
      subject: subject('model', name),
      project,
      detail: { aliases: pointers.aliases, staged: pointers.staged },
    })
  })
}
