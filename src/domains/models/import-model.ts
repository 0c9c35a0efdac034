import { canonicalJson } from '#kernel/json'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import { artifactFilesBelow, noteImported } from '#domains/runs/index'
import { newModel, ownRow } from './declare-model.ts'
import type { VersionFile } from './model.ts'
import { readModelFacts } from './mlmodel.ts'
import { checkModelName, checkRegistryTags } from './model-names.ts'
import { writeAliasMoves } from './pointer-moves.ts'
import { isPrompt, writeModelTags, writeVersionTags } from './registry-tags.ts'
import { stageOf } from './stages.ts'
import type { ModelsTables, ModelsTransaction, ModelVersionRow } from './store.ts'
import { followRun } from './version-source.ts'

/** A version of another registry. */
export interface ImportedVersion {
  version: number
  /** `deleted`: only its number is kept. */
  state: 'active' | 'deleted'
  description: string
  user: string
  stage: string
  /** Where it was registered from, and where its files are, in this server's words. */
  source: string
  storageLocation: string
  run: string
  runLink: string
  loggedModel: string
  createdAt: number
  updatedAt: number
  tags: Record<string, string>
}

/** A registered model of another tracking server, with its versions, authors and times. */
export interface ImportedModel {
  project: string
  name: string
  description: string
  createdAt: number
  updatedAt: number
  tags: Record<string, string>
  aliases: readonly { alias: string; version: number }[]
  versions: readonly ImportedVersion[]
  fingerprint: string
  source: string
}

interface ReadVersion extends ImportedVersion {
  files: VersionFile[]
  learner: string
  signature: { inputs: { name: string }[] }
}

/**
 * Brings a registered model with its versions, stages and aliases; what is here already stays, so
 * that the same again changes nothing. A version whose number is taken by another is left out, and
 * so is what points at it. Aliases are brought as they stood: no gate is asked, and the record says
 * so. Errors: `invalid` (name, tags, stage).
 */
export async function importModel(
  ctx: Context,
  input: ImportedModel,
): Promise<{ brought: number[]; taken: number[] }> {
  authorize(ctx, 'admin', input.project)
  const name = checkModelName(input.name)
  const tags = checkRegistryTags(input.tags)
  const prompt = isPrompt(tags)
  const versions: ReadVersion[] = []
  for (const version of input.versions)
    versions.push(await readVersion(ctx, input, version, prompt))
  const result = await commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    await writeModel(ctx, db, { ...input, name, tags })
    const taken: number[] = []
    for (const version of versions) {
      if (
        !(await writeVersion(
          change,
          { project: input.project, model: name },
          version,
          input.source,
        ))
      ) {
        taken.push(version.version)
      }
    }
    await writeAliases(ctx, db, { ...input, name }, taken)
    change.record({
      verb: 'model.imported',
      subject: subject('model', name),
      project: input.project,
      detail: { name, source: input.source, versions: versions.length - taken.length },
    })
    const brought = versions.map((each) => each.version).filter((each) => !taken.includes(each))
    return { brought, taken }
  })
  await noteImported(ctx, {
    project: input.project,
    kind: 'model',
    sourceId: name,
    targetId: name,
    fingerprint: input.fingerprint,
    source: input.source,
  })
  return result
}

async function readVersion(
  ctx: Context,
  { project }: ImportedModel,
  version: ImportedVersion,
  prompt: boolean,
): Promise<ReadVersion> {
  checkRegistryTags(version.tags)
  const address = await followRun(ctx, project, version.storageLocation)
  const files = prompt ? [] : await artifactFilesBelow(ctx, { project, address })
  const facts = await readModelFacts(ctx, files)
  const learner = prompt ? 'prompt' : facts.flavour
  return { ...version, stage: stageOf(version.stage), files, learner, signature: facts.signature }
}

async function writeModel(
  ctx: Context,
  db: ModelsTransaction,
  input: ImportedModel,
): Promise<void> {
  const { project, name, tags } = input
  const known = await ownRow(db, project, name)
  if (known === undefined) {
    const row = {
      ...newModel(ctx, project, name),
      description: input.description,
      created_at: input.createdAt,
      updated_at: input.updatedAt,
    }
    await db.insertInto('registered_models').values(row).execute()
  }
  await writeModelTags(db, { project, model: name }, { set: tags, removed: [] })
}

/** Gives whether the number is this version's. */
async function writeVersion(
  change: Change,
  { project, model }: { project: string; model: string },
  version: ReadVersion,
  source: string,
): Promise<boolean> {
  const db = change.sql<ModelsTables>()
  const known = await db
    .selectFrom('model_versions')
    .select(['source', 'created_at'])
    .where('project', '=', project)
    .where('model', '=', model)
    .where('version', '=', version.version)
    .executeTakeFirst()
  if (known !== undefined && known.created_at !== version.createdAt) return false
  const row = rowOf(project, model, version)
  const { stage, description, updated_at } = row
  await db
    .insertInto('model_versions')
    .values(row)
    .onConflict((c) =>
      c.columns(['project', 'model', 'version']).doUpdateSet({ stage, description, updated_at }),
    )
    .execute()
  const owner = { project, model, version: version.version }
  await writeVersionTags(db, owner, { set: version.tags, removed: [] })
  if (known !== undefined) return true
  change.record({
    verb: 'version.imported',
    subject: subject('model', model, version.version),
    project,
    inputs: [
      ...(version.run === '' ? [] : [subject('run', version.run)]),
      ...(version.loggedModel === '' ? [] : [subject('logged-model', version.loggedModel)]),
    ],
    outputs: [subject('model', model)],
    detail: {
      model,
      version: version.version,
      source,
      by: version.user,
      fileCount: version.files.length,
      files: canonicalJson(version.files.slice(0, 100)),
    },
  })
  return true
}

function rowOf(project: string, model: string, version: ReadVersion): ModelVersionRow {
  return {
    project,
    model,
    version: version.version,
    description: version.description,
    run_id: version.run || null,
    learner: version.learner,
    options: '{}',
    signature: JSON.stringify(version.signature),
    features: JSON.stringify(version.signature.inputs.map((column) => column.name)),
    feature_service: null,
    target: null,
    inputs: '[]',
    git_commit: null,
    files: JSON.stringify(version.files),
    source: version.source,
    storage_location: version.storageLocation,
    run_link: version.runLink || null,
    logged_model: version.loggedModel || null,
    stage: version.stage,
    state: version.state,
    metrics: '{}',
    evaluation_sha256: null,
    evaluated_at: null,
    licence: null,
    origin_sha256: null,
    gate: 'undecided',
    created_at: version.createdAt,
    created_by: version.user,
    updated_at: version.updatedAt,
  }
}

async function writeAliases(
  ctx: Context,
  db: ModelsTransaction,
  { project, name: model, aliases, source }: ImportedModel,
  taken: readonly number[],
): Promise<void> {
  for (const { alias, version } of aliases.filter((each) => !taken.includes(each.version))) {
    const known = await db
      .selectFrom('model_aliases')
      .select('version')
      .where('project', '=', project)
      .where('model', '=', model)
      .where('alias', '=', alias)
      .executeTakeFirst()
    if (known?.version === version) continue
    const row = { version, moved_at: ctx.clock() }
    await db
      .insertInto('model_aliases')
      .values({ project, model, alias, ...row })
      .onConflict((c) => c.columns(['project', 'model', 'alias']).doUpdateSet(row))
      .execute()
    const move = {
      alias,
      version,
      previous: known?.version ?? null,
      at: row.moved_at,
      actor: ctx.principal.name,
      reason: `As it stood in ${source}.`,
      override: true,
      evidence: [],
    }
    await writeAliasMoves(db, { project, model }, [move])
  }
}
