import { canonicalJson, type JsonObject, parseStored } from '#kernel/json'
import { GyreError } from '#kernel/errors'
import { type Subject, subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { getDataset, getVersion } from '#domains/data/index'
import { type Change, commit } from '#domains/journal/index'
import type { Entity, ServiceDefinition, ViewDefinition } from './definition.ts'
import { type FeaturesDeclaration, parseFeaturesDeclaration } from './parse-features.ts'
import { resolveService, resolveView, type SourceSchema } from './resolve-features.ts'
import {
  definitionColumns,
  type DefinitionRow,
  type FeaturesTables,
  type readFeatures,
} from './store.ts'

export type DefinitionChange = 'created' | 'changed' | 'same'

export interface AppliedFeatures {
  views: { name: string; version: string; change: DefinitionChange }[]
  services: { name: string; version: string; change: DefinitionChange }[]
}

/** What a declaration comes to in a project, before it is applied. */
export interface ResolvedFeatures {
  entities: Entity[]
  views: { version: string; definition: ViewDefinition }[]
  services: { version: string; definition: ServiceDefinition }[]
}

/**
 * Makes a project have the entities, views and services of a features.yaml, all or nothing. What was
 * applied before stays available by its version. Errors: `invalid`, with the place in the file;
 * `not_found` for a data set.
 */
export async function applyFeaturesDeclaration(
  ctx: Context,
  input: { project: string; source: string },
): Promise<AppliedFeatures> {
  authorize(ctx, 'editor', input.project)
  const resolved = await resolveFeatures(ctx, input.project, parseFeaturesDeclaration(input.source))
  const applied = await commit(ctx, async (change) => {
    await writeEntities(change, input.project, resolved.entities)
    const views: AppliedFeatures['views'] = []
    for (const { definition, version } of resolved.views) {
      const inputs = [subject('data', definition.source)]
      const done = await writeDefinition(ctx, change, input.project, 'view', {
        definition,
        version,
        inputs,
      })
      views.push({ name: definition.name, version, change: done })
    }
    const services: AppliedFeatures['services'] = []
    for (const { definition, version } of resolved.services) {
      const inputs = definition.views.map((view) => subject('view', view.name, view.version))
      const done = await writeDefinition(ctx, change, input.project, 'service', {
        definition,
        version,
        inputs,
      })
      services.push({ name: definition.name, version, change: done })
    }
    return { views, services }
  })
  for (const { name } of applied.services) ctx.pulse(subject('service', name))
  return applied
}

/** Checks a declaration against the project's data sets and computes the versions. */
export async function resolveFeatures(
  ctx: Context,
  project: string,
  declaration: FeaturesDeclaration,
): Promise<ResolvedFeatures> {
  authorize(ctx, 'viewer', project)
  const views: ResolvedFeatures['views'] = []
  for (const view of declaration.views) {
    const source = await sourceSchema(ctx, project, view.source)
    const definition = resolveView(view, declaration.entities, source)
    views.push({ definition, version: versionOf(ctx, definition) })
  }
  const services = declaration.services.map((service) => {
    const definition = resolveService(service, views)
    return { definition, version: versionOf(ctx, definition) }
  })
  return { entities: declaration.entities, views, services }
}

async function sourceSchema(ctx: Context, project: string, dataset: string): Promise<SourceSchema> {
  const { name, timestamp, knownAt, latestVersion } = await getDataset(ctx, { project, dataset })
  const columns =
    latestVersion === null
      ? undefined
      : (await getVersion(ctx, { project, dataset, version: 'latest' })).schema
  return { dataset: name, timestamp, knownAt, columns }
}

/** The first 12 hexadecimal digits of the hash of the definition. */
function versionOf(ctx: Context, definition: ViewDefinition | ServiceDefinition): string {
  return ctx.digest(canonicalJson(definition)).slice(0, 12)
}

async function writeEntities(
  change: Change,
  project: string,
  entities: readonly Entity[],
): Promise<void> {
  const db = change.sql<FeaturesTables>()
  for (const { name, keys } of entities) {
    await db
      .insertInto('feature_entities')
      .values({ project, name, keys: JSON.stringify(keys) })
      .onConflict((c) => c.columns(['project', 'name']).doUpdateSet({ keys: JSON.stringify(keys) }))
      .execute()
  }
}

interface Written {
  definition: ViewDefinition | ServiceDefinition
  version: string
  inputs: Subject[]
}

async function writeDefinition(
  ctx: Context,
  change: Change,
  project: string,
  kind: 'view' | 'service',
  { definition, version, inputs }: Written,
): Promise<DefinitionChange> {
  const db = change.sql<FeaturesTables>()
  const table = kind === 'view' ? 'feature_views' : 'feature_services'
  const { name } = definition
  const current = await db
    .selectFrom(table)
    .select('version')
    .where('project', '=', project)
    .where('name', '=', name)
    .where('current', '=', 1)
    .executeTakeFirst()
  if (current?.version === version) return 'same'
  await db
    .updateTable(table)
    .set({ current: 0 })
    .where('project', '=', project)
    .where('name', '=', name)
    .execute()
  const row: DefinitionRow = {
    project,
    name,
    version,
    definition: canonicalJson(definition),
    current: 1,
    created_at: ctx.clock(),
  }
  await db
    .insertInto(table)
    .values(row)
    .onConflict((c) => c.columns(['project', 'name', 'version']).doUpdateSet({ current: 1 }))
    .execute()
  change.record({
    verb: `${kind}.applied`,
    subject: subject(kind, name, version),
    project,
    inputs,
    detail: {
      previous: current?.version ?? null,
      definition: parseStored<JsonObject>(row.definition),
    },
  })
  return current === undefined ? 'created' : 'changed'
}

/** A stored definition by `name` (the current one) or `name@version`. Errors: `not_found`. */
export async function findDefinition<T>(
  db: ReturnType<typeof readFeatures>,
  kind: 'view' | 'service',
  project: string,
  reference: string,
): Promise<{ definition: T; row: DefinitionRow }> {
  const at = reference.lastIndexOf('@')
  const name = at < 1 ? reference : reference.slice(0, at)
  const version = at < 1 ? undefined : reference.slice(at + 1)
  const table = kind === 'view' ? 'feature_views' : 'feature_services'
  const row = await db
    .selectFrom(table)
    .select(definitionColumns)
    .where('project', '=', project)
    .where('name', '=', name)
    .$if(version === undefined, (q) => q.where('current', '=', 1))
    .$if(version !== undefined, (q) => q.where('version', '=', version as string))
    .executeTakeFirst()
  if (row !== undefined) return { definition: parseStored<T>(row.definition), row }
  throw new GyreError({
    code: 'not_found',
    public: `There is no feature ${kind} ${JSON.stringify(reference.slice(0, 200))} in project "${project}". See them with: gyre features list. Make them with: gyre features apply`,
  })
}
