import { type Subject, subject } from '#kernel/subjects'
import type { JsonObject } from '#kernel/json'
import type { Context } from '#domains/access/index'
import type { Change } from '#domains/journal/index'
import { describeVersion } from './describe-models.ts'
import type { ModelVersion, VersionFile } from './model.ts'
import { isPrompt, writeVersionTags } from './registry-tags.ts'
import type { ModelsTables, ModelVersionRow, RegisteredModelRow } from './store.ts'

/** What a version is made of; its number and dates are given to it. */
export type VersionContent = Omit<
  ModelVersionRow,
  | 'project'
  | 'model'
  | 'version'
  | 'stage'
  | 'state'
  | 'gate'
  | 'created_at'
  | 'created_by'
  | 'updated_at'
>

/** How many files a record names one by one; the digest of the list stands for all of them. */
const filesTold = 100

/** Gives the next number of a model to a version, inside the caller's change, and records it. */
export async function insertVersion(
  ctx: Context,
  change: Change,
  model: Pick<RegisteredModelRow, 'project' | 'name'>,
  content: VersionContent,
  about: { tags: Record<string, string>; inputs: readonly Subject[]; detail: JsonObject },
): Promise<ModelVersion> {
  const db = change.sql<ModelsTables>()
  const { project, name } = model
  const now = ctx.clock()
  // Deleted versions count as well: their numbers are not given again.
  const last = await db
    .selectFrom('model_versions')
    .select((eb) => eb.fn.max('version').as('version'))
    .where('project', '=', project)
    .where('model', '=', name)
    .executeTakeFirst()
  const row: ModelVersionRow = {
    ...content,
    project,
    model: name,
    version: (last?.version ?? 0) + 1,
    stage: 'None',
    state: 'active',
    gate: 'undecided',
    created_at: now,
    created_by: ctx.principal.name,
    updated_at: now,
  }
  await db.insertInto('model_versions').values(row).execute()
  await writeVersionTags(
    db,
    { project, model: name, version: row.version },
    { set: about.tags, removed: [] },
  )
  await db
    .updateTable('registered_models')
    .set({ updated_at: now })
    .where('project', '=', project)
    .where('name', '=', name)
    .execute()
  const files = JSON.parse(row.files) as VersionFile[]
  const told = files.slice(0, filesTold)
  change.record({
    verb: 'version.registered',
    subject: subject('model', name, row.version),
    project,
    inputs: about.inputs,
    outputs: [subject('model', name), ...told.map((file) => subject('blob', file.sha256))],
    detail: {
      model: name,
      version: row.version,
      learner: row.learner,
      files: told.map((file) => ({ ...file })),
      fileCount: files.length,
      prompt: isPrompt(about.tags),
      ...about.detail,
    },
  })
  return describeVersion(db, row)
}
