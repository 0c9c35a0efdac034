import { checkName } from '#kernel/names'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { describeModel } from './find-model.ts'
import { type GateCheck, parseGateCheck } from './gate-check.ts'
import type { Model } from './model.ts'
import {
  modelColumns,
  type ModelsTables,
  type ModelsTransaction,
  type RegisteredModelRow,
} from './store.ts'

export interface ModelChange {
  project: string
  model: string
  description?: string | undefined
  gate?: readonly GateCheck[] | undefined
}

/**
 * Creates a registered model or changes its description or gate; declaring the same again changes
 * nothing and records nothing. Errors: `invalid`.
 */
export async function declareModel(ctx: Context, input: ModelChange): Promise<Model> {
  authorize(ctx, 'editor', input.project)
  const name = checkName('model', input.model)
  const gate = input.gate?.map((check, i) => parseGateCheck(check, `gate[${i}]`))
  return commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const known = await ownRow(db, input.project, name)
    const now = ctx.clock()
    const next: RegisteredModelRow = {
      project: input.project,
      name,
      description: input.description ?? known?.description ?? '',
      gate: gate === undefined ? (known?.gate ?? '[]') : JSON.stringify(gate),
      created_at: known?.created_at ?? now,
      updated_at: now,
    }
    if (known !== undefined && known.gate === next.gate && known.description === next.description) {
      return describeModel(db, known)
    }
    await db
      .insertInto('registered_models')
      .values(next)
      .onConflict((c) =>
        c.columns(['project', 'name']).doUpdateSet({
          description: next.description,
          gate: next.gate,
          updated_at: now,
        }),
      )
      .execute()
    change.record({
      verb: known === undefined ? 'model.created' : 'model.declared',
      subject: subject('model', name),
      project: input.project,
      detail: { description: next.description, gate: JSON.parse(next.gate) },
    })
    return describeModel(db, next)
  })
}

async function ownRow(
  db: ModelsTransaction,
  project: string,
  name: string,
): Promise<RegisteredModelRow | undefined> {
  return db
    .selectFrom('registered_models')
    .select(modelColumns)
    .where('project', '=', project)
    .where('name', '=', name)
    .executeTakeFirst()
}

/** Makes sure that there is a model to register a version of, inside the caller's change. */
export async function ensureModel(
  ctx: Context,
  db: ModelsTransaction,
  project: string,
  model: string,
): Promise<RegisteredModelRow> {
  const known = await ownRow(db, project, model)
  if (known !== undefined) return known
  const now = ctx.clock()
  const row = {
    project,
    name: model,
    description: '',
    gate: '[]',
    created_at: now,
    updated_at: now,
  }
  await db.insertInto('registered_models').values(row).execute()
  return row
}
