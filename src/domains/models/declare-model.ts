import { subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { authorizeModel } from './authorize-model.ts'
import { describeModel } from './describe-models.ts'
import { type GateCheck, parseGateCheck } from './gate-check.ts'
import { checkGuards, defaultGuards } from './guards.ts'
import type { Model } from './model.ts'
import { checkModelName } from './model-names.ts'
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
  /** Aliases, and stages as `stage:Production`, that a version reaches only through the gate. */
  guards?: readonly string[] | undefined
}

/**
 * Creates a registered model or changes its description, gate or guards; declaring the same again
 * changes nothing and records nothing. Errors: `invalid`.
 */
export async function declareModel(ctx: Context, input: ModelChange): Promise<Model> {
  authorizeModel(ctx, 'editor', input)
  const name = checkModelName(input.model)
  const gate = input.gate?.map((check, i) => parseGateCheck(check, `gate[${i}]`))
  const guards = input.guards === undefined ? undefined : checkGuards(input.guards)
  return commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const known = await ownRow(db, input.project, name)
    const before = known ?? newModel(ctx, input.project, name)
    const next: RegisteredModelRow = {
      ...before,
      description: input.description ?? before.description,
      gate: gate === undefined ? before.gate : JSON.stringify(gate),
      guards: guards === undefined ? before.guards : JSON.stringify(guards),
      updated_at: ctx.clock(),
    }
    if (known !== undefined && sameDeclaration(known, next)) return describeModel(db, known)
    await db
      .insertInto('registered_models')
      .values(next)
      .onConflict((c) =>
        c.columns(['project', 'name']).doUpdateSet({
          description: next.description,
          gate: next.gate,
          guards: next.guards,
          updated_at: next.updated_at,
        }),
      )
      .execute()
    change.record({
      verb: known === undefined ? 'model.created' : 'model.declared',
      subject: subject('model', name),
      project: input.project,
      detail: {
        description: next.description,
        gate: JSON.parse(next.gate),
        guards: JSON.parse(next.guards),
      },
    })
    return describeModel(db, next)
  })
}

function sameDeclaration(a: RegisteredModelRow, b: RegisteredModelRow): boolean {
  return a.gate === b.gate && a.guards === b.guards && a.description === b.description
}

/** A model as it is before anybody said anything about it. */
export function newModel(ctx: Context, project: string, name: string): RegisteredModelRow {
  const now = ctx.clock()
  return {
    project,
    name,
    description: '',
    gate: '[]',
    guards: JSON.stringify(defaultGuards),
    created_at: now,
    updated_at: now,
  }
}

/** The row of a model whose name was checked, if it is there. */
export async function ownRow(
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
  const row = newModel(ctx, project, model)
  await db.insertInto('registered_models').values(row).execute()
  return row
}
