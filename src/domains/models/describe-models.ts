import { type Json, parseStored } from '#kernel/json'
import type { Estimates } from './evaluation.ts'
import type { GateCheck } from './gate-check.ts'
import type { AliasPointer, Model, ModelSignature, ModelVersion, VersionFile } from './model.ts'
import { tagsOfModels, tagsOfVersions, versionKey } from './registry-tags.ts'
import type { Stage } from './stages.ts'
import type { ModelsReader, ModelVersionRow, RegisteredModelRow } from './store.ts'

/** Models as people see them, in their order. Three more queries, however many rows of a project. */
export async function describeModels(
  db: ModelsReader,
  rows: readonly RegisteredModelRow[],
): Promise<Model[]> {
  const project = rows[0]?.project ?? ''
  const names = rows.map((row) => row.name)
  const tags = await tagsOfModels(db, project, names)
  const aliases = await aliasesOf(db, project, names)
  const latest = await latestVersions(db, project, names)
  return rows.map((row) => ({
    name: row.name,
    description: row.description,
    gate: parseStored<GateCheck[]>(row.gate),
    guards: parseStored<string[]>(row.guards),
    tags: tags.get(row.name) ?? {},
    latestVersion: latest.get(row.name) ?? null,
    aliases: aliases.get(row.name) ?? [],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }))
}

export async function describeModel(db: ModelsReader, row: RegisteredModelRow): Promise<Model> {
  const [model] = await describeModels(db, [row])
  return model as Model
}

/** Versions as people see them, in their order, of one project. */
export async function describeVersions(
  db: ModelsReader,
  rows: readonly ModelVersionRow[],
): Promise<ModelVersion[]> {
  const project = rows[0]?.project ?? ''
  const tags = await tagsOfVersions(db, project, rows)
  const aliases = await aliasesOf(db, project, [...new Set(rows.map((row) => row.model))])
  return rows.map((row) => ({
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
    source: row.source,
    storageLocation: row.storage_location,
    runLink: row.run_link,
    loggedModel: row.logged_model,
    stage: row.stage as Stage,
    tags: tags.get(versionKey(row)) ?? {},
    metrics: parseStored<Estimates>(row.metrics),
    evaluatedAt: row.evaluated_at,
    gate: row.gate as ModelVersion['gate'],
    licence: row.licence,
    aliases: (aliases.get(row.model) ?? [])
      .filter((pointer) => pointer.version === row.version)
      .map((pointer) => pointer.alias),
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
  }))
}

export async function describeVersion(
  db: ModelsReader,
  row: ModelVersionRow,
): Promise<ModelVersion> {
  const [version] = await describeVersions(db, [row])
  return version as ModelVersion
}

async function aliasesOf(
  db: ModelsReader,
  project: string,
  models: readonly string[],
): Promise<ReadonlyMap<string, AliasPointer[]>> {
  if (models.length === 0) return new Map()
  const rows = await db
    .selectFrom('model_aliases')
    .select(['model', 'alias', 'version', 'moved_at'])
    .where('project', '=', project)
    .where('model', 'in', models)
    .orderBy('alias')
    .execute()
  const pointers = new Map<string, AliasPointer[]>()
  for (const { model, alias, version, moved_at } of rows) {
    const own = pointers.get(model) ?? []
    own.push({ alias, version, movedAt: moved_at })
    pointers.set(model, own)
  }
  return pointers
}

async function latestVersions(
  db: ModelsReader,
  project: string,
  models: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (models.length === 0) return new Map()
  const rows = await db
    .selectFrom('model_versions')
    .select((eb) => ['model', eb.fn.max('version').as('version')])
    .where('project', '=', project)
    .where('model', 'in', models)
    .where('state', '=', 'active')
    .groupBy('model')
    .execute()
  return new Map(rows.map((row) => [row.model, row.version]))
}
