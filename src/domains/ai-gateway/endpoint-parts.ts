import { GyreError, invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import {
  addModels,
  type AiEndpointModel,
  describeMappings,
  findAiEndpoint,
  type NewEndpointModel,
} from './ai-endpoint.ts'
import { notThere } from './names.ts'
import { newStamps, type Stamps, stampsFrom } from './stamps.ts'
import {
  aiBindingColumns,
  type AiBindingRow,
  type AiGatewayTables,
  readAiGateway,
} from './store.ts'

interface Place {
  project: string
  endpoint: string
}

/** Errors: `not_found`, `already_exists`, `invalid`. */
export async function attachAiModel(
  ctx: Context,
  input: Place & { model: NewEndpointModel; by?: string | undefined },
): Promise<AiEndpointModel> {
  authorize(ctx, 'operator', input.project)
  const { project, endpoint, model } = input
  return commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    const row = await findAiEndpoint(db, project, { id: endpoint })
    const there = await db
      .selectFrom('ai_endpoint_models')
      .select('id')
      .where('project', '=', project)
      .where('endpoint_id', '=', endpoint)
      .where('model_id', '=', model.model)
      .where('kind', '=', model.kind)
      .executeTakeFirst()
    if (there !== undefined) {
      throw new GyreError({
        code: 'already_exists',
        public: `Model definition '${model.model}' is already attached to endpoint '${endpoint}'`,
      })
    }
    const added = await addModels(ctx, db, row, [model], input.by)
    recordChange(change, input, row.name, { attached: model.model })
    const [described] = await describeMappings(db, project, added)
    if (described === undefined) throw new Error('a model that was just attached is described')
    return described
  })
}

/** Errors: `not_found`. */
export async function detachAiModel(ctx: Context, input: Place & { model: string }): Promise<void> {
  authorize(ctx, 'operator', input.project)
  const { project, endpoint, model } = input
  await commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    const row = await findAiEndpoint(db, project, { id: endpoint })
    const { numDeletedRows } = await db
      .deleteFrom('ai_endpoint_models')
      .where('project', '=', project)
      .where('endpoint_id', '=', endpoint)
      .where('model_id', '=', model)
      .executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) {
      throw new GyreError({
        code: 'not_found',
        public: `Model definition '${model.slice(0, 120)}' is not attached to endpoint '${endpoint}'`,
      })
    }
    recordChange(change, input, row.name, { detached: model })
  })
}

/** null removes it. Errors: `not_found`, `invalid`. */
export async function tagAiEndpoint(
  ctx: Context,
  input: Place & { key: string; value: string | null },
): Promise<void> {
  authorize(ctx, 'operator', input.project)
  const { project, endpoint, key, value } = input
  if (key === '' || key.length > 250 || (value ?? '').length > 5000) {
    throw invalid('A tag has a key of 1 to 250 and a value of at most 5000 characters.')
  }
  await commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    const row = await findAiEndpoint(db, project, { id: endpoint })
    if (value === null) {
      await db
        .deleteFrom('ai_endpoint_tags')
        .where('project', '=', project)
        .where('endpoint_id', '=', endpoint)
        .where('key', '=', key)
        .execute()
    } else {
      await db
        .insertInto('ai_endpoint_tags')
        .values({ project, endpoint_id: endpoint, key, value })
        .onConflict((c) => c.columns(['project', 'endpoint_id', 'key']).doUpdateSet({ value }))
        .execute()
    }
    recordChange(change, input, row.name, { tag: key })
  })
}

/** Something that uses an endpoint. */
export interface AiBinding extends Stamps {
  endpoint: string
  resourceType: string
  resource: string
}

/** Said again it stays. Errors: `not_found`. */
export async function bindAiEndpoint(
  ctx: Context,
  input: Place & { resourceType: string; resource: string; by?: string | undefined },
): Promise<AiBinding> {
  authorize(ctx, 'operator', input.project)
  const { project, endpoint, resourceType, resource } = input
  const row: AiBindingRow = {
    project,
    endpoint_id: endpoint,
    resource_type: resourceType,
    resource_id: resource,
    ...newStamps(ctx, input.by),
  }
  return commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    const { name } = await findAiEndpoint(db, project, { id: endpoint })
    await db
      .insertInto('ai_bindings')
      .values(row)
      .onConflict((c) => c.doNothing())
      .execute()
    recordChange(change, input, name, { bound: `${resourceType}:${resource}` })
    return bindingFrom(row)
  })
}

/** Errors: `not_found`. */
export async function unbindAiEndpoint(
  ctx: Context,
  input: Place & { resourceType: string; resource: string },
): Promise<void> {
  authorize(ctx, 'operator', input.project)
  const { project, endpoint, resourceType, resource } = input
  await commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    const { name } = await findAiEndpoint(db, project, { id: endpoint })
    const { numDeletedRows } = await db
      .deleteFrom('ai_bindings')
      .where('project', '=', project)
      .where('endpoint_id', '=', endpoint)
      .where('resource_type', '=', resourceType)
      .where('resource_id', '=', resource)
      .executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) throw notThere('GatewayEndpointBinding', 'resource_id', resource)
    recordChange(change, input, name, { unbound: `${resourceType}:${resource}` })
  })
}

export async function listAiBindings(
  ctx: Context,
  input: {
    project: string
    endpoint?: string | undefined
    resourceType?: string | undefined
    resource?: string | undefined
  },
): Promise<AiBinding[]> {
  authorize(ctx, 'viewer', input.project)
  const { project, endpoint, resourceType, resource } = input
  const rows = await readAiGateway(ctx)
    .selectFrom('ai_bindings')
    .select(aiBindingColumns)
    .where('project', '=', project)
    .orderBy('created_at')
    .orderBy('resource_id')
    .execute()
  return rows
    .filter(
      (row) =>
        (endpoint === undefined || row.endpoint_id === endpoint) &&
        (resourceType === undefined || row.resource_type === resourceType) &&
        (resource === undefined || row.resource_id === resource),
    )
    .map(bindingFrom)
}

function bindingFrom(row: AiBindingRow): AiBinding {
  return {
    endpoint: row.endpoint_id,
    resourceType: row.resource_type,
    resource: row.resource_id,
    ...stampsFrom(row),
  }
}

function recordChange(
  change: Change,
  { project, endpoint }: Place,
  name: string,
  detail: Record<string, string>,
): void {
  change.record({
    verb: 'ai-endpoint.changed',
    subject: subject('ai-endpoint', endpoint),
    project,
    detail: { name, ...detail },
  })
}
