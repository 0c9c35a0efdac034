import { notFound } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import type { Json } from '#kernel/json'
import type { Estimates } from './evaluation.ts'
import type { GateCheck } from './gate-check.ts'
import type { AliasPointer, Model, ModelSignature, ModelVersion, VersionFile } from './model.ts'
import {
  modelColumns,
  type ModelsReader,
  type ModelVersionRow,
  type RegisteredModelRow,
  versionColumns,
} from './store.ts'

/** Errors: `not_found`. */
export async function findModel(
  db: ModelsReader,
  project: string,
  name: string,
): Promise<RegisteredModelRow> {
  const row = await db
    .selectFrom('registered_models')
    .select(modelColumns)
    .where('project', '=', project)
    .where('name', '=', name)
    .executeTakeFirst()
  if (row !== undefined) return row
  throw notFound(
    'model',
    name.slice(0, 128),
    `Project "${project}" has others; list them with \`gyre models list\`.`,
  )
}

/** A version by number, by alias, or the `latest`. Errors: `not_found`. */
export async function findVersion(
  db: ModelsReader,
  project: string,
  model: string,
  reference: string | number,
): Promise<ModelVersionRow> {
  await findModel(db, project, model)
  const query = db
    .selectFrom('model_versions')
    .select(versionColumns)
    .where('project', '=', project)
    .where('model', '=', model)
  const number = await versionNumber(db, project, model, String(reference))
  const row =
    number === undefined ? undefined : await query.where('version', '=', number).executeTakeFirst()
  if (row !== undefined) return row
  throw notFound(
    `version or alias of model ${model}`,
    String(reference).slice(0, 128),
    'Give a number, an alias, or "latest".',
  )
}

async function versionNumber(
  db: ModelsReader,
  project: string,
  model: string,
  reference: string,
): Promise<number | undefined> {
  if (/^\d{1,15}$/.test(reference)) return Number(reference)
  if (reference === 'latest') return (await latestVersion(db, project, model)) ?? undefined
  const alias = await db
    .selectFrom('model_aliases')
    .select('version')
    .where('project', '=', project)
    .where('model', '=', model)
    .where('alias', '=', reference)
    .executeTakeFirst()
  return alias?.version
}

export async function latestVersion(
  db: ModelsReader,
  project: string,
  model: string,
): Promise<number | null> {
  const row = await db
    .selectFrom('model_versions')
    .select((eb) => eb.fn.max('version').as('version'))
    .where('project', '=', project)
    .where('model', '=', model)
    .executeTakeFirst()
  return row?.version ?? null
}

export async function aliasesOf(
  db: ModelsReader,
  project: string,
  model: string,
): Promise<AliasPointer[]> {
  const rows = await db
    .selectFrom('model_aliases')
    .select(['alias', 'version', 'moved_at'])
    .where('project', '=', project)
    .where('model', '=', model)
    .orderBy('alias')
    .execute()
  return rows.map((row) => ({ alias: row.alias, version: row.version, movedAt: row.moved_at }))
}

export async function describeModel(db: ModelsReader, row: RegisteredModelRow): Promise<Model> {
  return {
    name: row.name,
    description: row.description,
    gate: parseStored<GateCheck[]>(row.gate),
    latestVersion: await latestVersion(db, row.project, row.name),
    aliases: await aliasesOf(db, row.project, row.name),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

export async function describeVersion(
  db: ModelsReader,
  row: ModelVersionRow,
): Promise<ModelVersion> {
  const aliases = await aliasesOf(db, row.project, row.model)
  return versionFromRow(row, aliases)
}

export function versionFromRow(
  row: ModelVersionRow,
  aliases: readonly AliasPointer[],
): ModelVersion {
  return {
    model: row.model,
    version: row.version,
    description: row.description,
    run: row.run_id,
    learner: row.learner,
    options: parseStored<Record<string, Json>>(row.options),
    signature: parseStored<ModelSignature>(row.signature),
    features: parseStored<string[]>(row.features),
    featureService: row.feature_service,
    target: row.target,
    inputs: parseStored<string[]>(row.inputs),
    gitCommit: row.git_commit,
    files: parseStored<VersionFile[]>(row.files),
    tags: parseStored<Record<string, string>>(row.tags),
    metrics: parseStored<Estimates>(row.metrics),
    evaluatedAt: row.evaluated_at,
    gate: row.gate as ModelVersion['gate'],
    aliases: aliases.filter((a) => a.version === row.version).map((a) => a.alias),
    createdAt: row.created_at,
    createdBy: row.created_by,
  }
}
