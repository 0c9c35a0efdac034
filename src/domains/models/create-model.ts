import { GyreError } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorizeCreation, type Context, grantToCreator } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { newModel, ownRow } from './declare-model.ts'
import { describeModel } from './describe-models.ts'
import type { Model } from './model.ts'
import { checkModelName, checkRegistryTags } from './model-names.ts'
import { isPrompt, writeModelTags } from './registry-tags.ts'
import type { ModelsTables } from './store.ts'

/** Registers a model that is not there yet. Errors: `invalid`, `already_exists`. */
export async function createModel(
  ctx: Context,
  input: {
    project: string
    model: string
    description?: string | undefined
    tags?: Record<string, string> | undefined
  },
): Promise<Model> {
  authorizeCreation(ctx, input.project)
  const name = checkModelName(input.model)
  const tags = checkRegistryTags(input.tags ?? {})
  return commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    if ((await ownRow(db, input.project, name)) !== undefined) throw taken(name)
    const row = {
      ...newModel(ctx, input.project, name),
      description: input.description ?? '',
    }
    await db.insertInto('registered_models').values(row).execute()
    await grantToCreator(ctx, change, { project: input.project, resource: `model:${name}` })
    await writeModelTags(db, { project: input.project, model: name }, { set: tags, removed: [] })
    change.record({
      verb: 'model.created',
      subject: subject('model', name),
      project: input.project,
      detail: { description: row.description, tags, prompt: isPrompt(tags) },
    })
    return describeModel(db, row)
  })
}

/** What is said of a name that is given already. */
export function taken(name: string): GyreError {
  return new GyreError({
    code: 'already_exists',
    public: `There is a registered model "${name}" already. Choose another name.`,
  })
}
