import { subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { authorizeModel } from './authorize-model.ts'
import { describeModel } from './describe-models.ts'
import { findModel } from './find-model.ts'
import type { Model } from './model.ts'
import { splitTags } from './model-names.ts'
import { isPrompt, tagsOfModels, writeModelTags } from './registry-tags.ts'
import type { ModelsTables } from './store.ts'

/**
 * Describes or tags a model; a tag of null is removed, and removing what is not there changes
 * nothing. Errors: `not_found`, `invalid`.
 */
export async function updateModel(
  ctx: Context,
  input: {
    project: string
    model: string
    description?: string | undefined
    tags?: Record<string, string | null> | undefined
  },
): Promise<Model> {
  authorizeModel(ctx, 'editor', input)
  const tags = splitTags(input.tags)
  return commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const row = await findModel(db, input.project, input.model)
    const { project, name } = row
    const described = input.description !== undefined
    const next = described
      ? { ...row, description: input.description ?? '', updated_at: ctx.clock() }
      : row
    await db
      .updateTable('registered_models')
      .set({ description: next.description, updated_at: next.updated_at })
      .where('project', '=', project)
      .where('name', '=', name)
      .execute()
    await writeModelTags(db, { project, model: name }, tags)
    const all = (await tagsOfModels(db, project, [name])).get(name) ?? {}
    change.record({
      verb: 'model.updated',
      subject: subject('model', name),
      project,
      detail: {
        ...(described ? { description: next.description } : {}),
        tags: tags.set,
        removedTags: tags.removed,
        prompt: isPrompt(all),
      },
    })
    return describeModel(db, next)
  })
}
