import { subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import { authorizeModel } from './authorize-model.ts'
import { describeVersion } from './describe-models.ts'
import { findModel, findVersion } from './find-model.ts'
import { checkLicence } from './licence.ts'
import type { ModelVersion } from './model.ts'
import { splitTags } from './model-names.ts'
import { refuseInUse } from './pass-guard.ts'
import { pointersOf, writeEnded } from './pointer-moves.ts'
import { isPrompt, tagsOfModels, writeVersionTags } from './registry-tags.ts'
import { refuseHeld } from './retention/holds.ts'
import { type InUse, refuseUsed } from './retention/in-use.ts'
import type { ModelsTables, ModelVersionRow } from './store.ts'

interface VersionAddress {
  project: string
  model: string
  version: string | number
}

/**
 * Describes or tags a version, or declares its licence; a tag or licence of null is removed, and
 * removing what is not there changes nothing. Errors: `not_found`, `invalid`.
 */
export async function updateVersion(
  ctx: Context,
  input: VersionAddress & {
    description?: string | undefined
    tags?: Record<string, string | null> | undefined
    licence?: string | null | undefined
  },
): Promise<ModelVersion> {
  authorizeModel(ctx, 'editor', input)
  const tags = splitTags(input.tags)
  const licence = checkLicence(input.licence)
  return commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const row = await findVersion(db, input.project, input.model, input.version)
    const { project, model, version } = row
    const described = input.description !== undefined
    const licensed = licence !== undefined
    const next = {
      ...row,
      ...(described ? { description: input.description ?? '' } : {}),
      ...(licensed ? { licence } : {}),
      ...(described || licensed ? { updated_at: ctx.clock() } : {}),
    }
    await db
      .updateTable('model_versions')
      .set({
        description: next.description,
        licence: next.licence,
        updated_at: next.updated_at,
      })
      .where('project', '=', project)
      .where('model', '=', model)
      .where('version', '=', version)
      .execute()
    await writeVersionTags(db, { project, model, version }, tags)
    const ofModel = (await tagsOfModels(db, project, [model])).get(model) ?? {}
    change.record({
      verb: 'version.updated',
      subject: subject('model', model, version),
      project,
      detail: {
        model,
        version,
        ...(described ? { description: next.description } : {}),
        ...(licensed ? { licence } : {}),
        tags: tags.set,
        removedTags: tags.removed,
        prompt: isPrompt(ofModel),
      },
    })
    return describeVersion(db, next)
  })
}

/**
 * Deletes a version: its aliases go, its files are no longer kept for it, and its number is not
 * given again while the model is there. Errors: `not_found`; `refused` for what a guarded alias
 * points at, a hold names, or `inUse` says is in use.
 */
export async function deleteVersion(
  ctx: Context,
  input: VersionAddress,
  inUse?: InUse,
): Promise<void> {
  authorizeModel(ctx, 'editor', input, 'operator')
  await commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const row = await findVersion(db, input.project, input.model, input.version)
    const { project, model, version } = row
    const pointers = await pointersOf(db, { project, model }, version)
    refuseInUse(await findModel(db, project, model), pointers.aliases)
    await refuseHeld(db, { project, model }, version)
    await refuseUsed(db, { project, model }, inUse, version)
    await eraseVersion(ctx, change, row)
  })
}

/** Takes everything of a version but its number and its history, within the caller's change. */
export async function eraseVersion(
  ctx: Context,
  change: Change,
  { project, model, version }: ModelVersionRow,
): Promise<void> {
  const db = change.sql<ModelsTables>()
  const pointers = await pointersOf(db, { project, model }, version)
  await writeEnded(ctx, db, { project, model }, pointers, `Version ${version} was deleted.`)
  for (const table of ['model_aliases', 'version_tags', 'version_reviews'] as const) {
    await db
      .deleteFrom(table)
      .where('project', '=', project)
      .where('model', '=', model)
      .where('version', '=', version)
      .execute()
  }
  const now = ctx.clock()
  await db
    .updateTable('model_versions')
    .set({ ...emptied, updated_at: now })
    .where('project', '=', project)
    .where('model', '=', model)
    .where('version', '=', version)
    .execute()
  await db
    .updateTable('registered_models')
    .set({ updated_at: now })
    .where('project', '=', project)
    .where('name', '=', model)
    .execute()
  change.record({
    verb: 'version.deleted',
    subject: subject('model', model, version),
    project,
    detail: { model, version, aliases: pointers.aliases.map((pointer) => pointer.alias) },
  })
}

/** What is left of a deleted version says nothing of what it was. */
const emptied = {
  state: 'deleted',
  stage: 'None',
  description: '',
  run_id: null,
  run_link: null,
  source: null,
  storage_location: null,
  logged_model: null,
  git_commit: null,
  licence: null,
  files: '[]',
  inputs: '[]',
  evaluation_sha256: null,
  origin_sha256: null,
}
