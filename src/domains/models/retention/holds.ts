import { GyreError, invalid, notFound } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { authorizeModel } from '../authorize-model.ts'
import { findModel, findVersion } from '../find-model.ts'
import { type ModelsReader, type ModelsTables, readModels } from '../store.ts'

/** A reason for which nothing of a model, or of one version of it, may go. */
export interface ModelHold {
  id: string
  model: string
  /** null: every version. */
  version: number | null
  reason: string
  by: string
  at: number
}

/** Holds a model or one version of it, until the hold is released. Errors: `not_found`, `invalid`. */
export async function holdModel(
  ctx: Context,
  input: { project: string; model: string; version: number | null; reason: string },
): Promise<ModelHold> {
  authorizeModel(ctx, 'operator', input)
  const reason = input.reason.trim()
  if (reason === '') throw invalid('Say why it is held: the journal keeps the reason.')
  return commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const { project, name: model } = await findModel(db, input.project, input.model)
    const { version } = input
    if (version !== null) await findVersion(db, project, model, version)
    const hold = {
      id: ctx.newId(),
      model,
      version,
      reason,
      by: ctx.principal.name,
      at: ctx.clock(),
    }
    await db
      .insertInto('model_holds')
      .values({
        id: hold.id,
        project,
        model,
        version,
        reason,
        created_by: hold.by,
        created_at: hold.at,
        released_by: null,
        released_at: null,
      })
      .execute()
    change.record({
      verb: 'model.held',
      subject: subject('model', model, version ?? undefined),
      project,
      detail: { hold: hold.id, reason },
    })
    return hold
  })
}

/** Ends a hold, with a reason. Errors: `not_found`, also for one that was released before. */
export async function releaseModelHold(
  ctx: Context,
  input: { project: string; hold: string; reason: string },
): Promise<void> {
  authorize(ctx, 'admin', input.project)
  const { project } = input
  await commit(ctx, async (change) => {
    const row = await change
      .sql<ModelsTables>()
      .updateTable('model_holds')
      .set({ released_by: ctx.principal.name, released_at: ctx.clock() })
      .where('project', '=', project)
      .where('id', '=', input.hold)
      .where('released_at', 'is', null)
      .returning(['model', 'version'])
      .executeTakeFirst()
    if (row === undefined) throw notFound('hold', input.hold.slice(0, 100))
    change.record({
      verb: 'model.hold-released',
      subject: subject('model', row.model, row.version ?? undefined),
      project,
      detail: { hold: input.hold, reason: input.reason },
    })
  })
}

/** The holds of a model that are not released, the latest first. Errors: `not_found`. */
export async function listModelHolds(
  ctx: Context,
  input: { project: string; model: string },
): Promise<{ items: ModelHold[] }> {
  authorizeModel(ctx, 'viewer', input)
  const db = readModels(ctx)
  const { name } = await findModel(db, input.project, input.model)
  return { items: await holdsOf(db, { project: input.project, model: name }) }
}

export async function holdsOf(
  db: ModelsReader,
  { project, model }: { project: string; model: string },
): Promise<ModelHold[]> {
  return db
    .selectFrom('model_holds')
    .select(['id', 'model', 'version', 'reason', 'created_by as by', 'created_at as at'])
    .where('project', '=', project)
    .where('model', '=', model)
    .where('released_at', 'is', null)
    .orderBy('id', 'desc')
    .execute()
}

/** Errors: `refused` while a hold names the version; without one, while any hold names the model. */
export async function refuseHeld(
  db: ModelsReader,
  owner: { project: string; model: string },
  version?: number,
): Promise<void> {
  const holds = await holdsOf(db, owner)
  const hold = holds.find(
    (each) => version === undefined || each.version === null || each.version === version,
  )
  if (hold === undefined) return
  const what = hold.version === null ? owner.model : `${owner.model}@${hold.version}`
  throw new GyreError({
    code: 'refused',
    public: `${what} is held by ${hold.by}: ${hold.reason}. An admin releases it with: gyre models release ${hold.id}`,
  })
}
