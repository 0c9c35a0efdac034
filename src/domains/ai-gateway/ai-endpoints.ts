import { GyreError, invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { createExperiment, getExperiment } from '#domains/runs/index'
import { requireExperiment } from '#domains/traces/index'
import {
  addModels,
  type AiEndpoint,
  describeEndpoint,
  describeEndpoints,
  type Fallback,
  findAiEndpoint,
  type NewEndpointModel,
} from './ai-endpoint.ts'
import { checkEndpointName, checkOneName, orTaken } from './names.ts'
import { changeStamps, newStamps } from './stamps.ts'
import {
  aiEndpointColumns,
  type AiEndpointRow,
  type AiGatewayTables,
  readAiGateway,
} from './store.ts'

export interface NewAiEndpoint {
  project: string
  name: string
  models: readonly NewEndpointModel[]
  routing?: string | undefined
  fallback?: Fallback | undefined
  experiment?: string | undefined
  usageTracking: boolean
  by?: string | undefined
}

/**
 * Makes an endpoint. With usage tracking its calls are traced in an experiment, by default one of its
 * own. Errors: `invalid`, `not_found` (model, experiment), `already_exists`.
 */
export async function createAiEndpoint(ctx: Context, input: NewAiEndpoint): Promise<AiEndpoint> {
  authorize(ctx, 'operator', input.project)
  const { project } = input
  const name = checkEndpointName(input.name)
  if (input.models.length === 0)
    throw invalid('Endpoint must have at least one model configuration')
  const row: AiEndpointRow = {
    project,
    id: `e-${ctx.newId()}`,
    name,
    routing: input.routing ?? null,
    fallback: input.fallback?.strategy ?? null,
    max_attempts: input.fallback?.maxAttempts ?? null,
    experiment: await tracingExperiment(ctx, input),
    usage_tracking: input.usageTracking ? 1 : 0,
    ...newStamps(ctx, input.by),
  }
  return commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    await orTaken('Endpoint', name, db.insertInto('ai_endpoints').values(row).execute())
    await addModels(ctx, db, row, input.models, input.by)
    change.record({
      verb: 'ai-endpoint.created',
      subject: subject('ai-endpoint', row.id),
      project,
      inputs: input.models.map(({ model }) => subject('ai-model', model)),
      detail: { name },
    })
    return describeEndpoint(db, row)
  })
}

/** The given one, or `gateway/<name>`, made when it is new. */
async function tracingExperiment(
  ctx: Context,
  {
    project,
    name,
    experiment,
    usageTracking,
  }: Pick<NewAiEndpoint, 'project' | 'name' | 'experiment' | 'usageTracking'>,
): Promise<number | null> {
  if (experiment !== undefined) {
    const reach = authorizeOnExperiments(ctx, 'editor', project)
    return Number((await requireExperiment(ctx, reach, experiment)).id)
  }
  if (!usageTracking) return null
  const own = `gateway/${name}`
  const tags = { 'mlflow.experiment.isGateway': 'true' }
  try {
    return Number((await createExperiment(ctx, { project, name: own, tags })).id)
  } catch (thrown) {
    if (!(thrown instanceof GyreError) || thrown.code !== 'already_exists') throw thrown
    return Number((await getExperiment(ctx, { project, experiment: own })).id)
  }
}

/** By id or by name. Errors: `not_found`, `invalid`. */
export async function getAiEndpoint(
  ctx: Context,
  input: { project: string; id?: string | undefined; name?: string | undefined },
): Promise<AiEndpoint> {
  authorize(ctx, 'viewer', input.project)
  const { project, id, name } = input
  checkOneName(['endpoint_id', id], ['name', name])
  const db = readAiGateway(ctx)
  const by = id === undefined ? { name: name ?? '' } : { id }
  return describeEndpoint(db, await findAiEndpoint(db, project, by))
}

/** Those with a model of a provider, or one that needs a secret; by default all. */
export async function listAiEndpoints(
  ctx: Context,
  input: { project: string; provider?: string | undefined; secret?: string | undefined },
): Promise<AiEndpoint[]> {
  authorize(ctx, 'viewer', input.project)
  const { project, provider, secret } = input
  const db = readAiGateway(ctx)
  const rows = await db
    .selectFrom('ai_endpoints')
    .select(aiEndpointColumns)
    .where('project', '=', project)
    .orderBy('name')
    .execute()
  const all = await describeEndpoints(db, project, rows)
  if (provider === undefined && secret === undefined) return all
  return all.filter(({ models }) =>
    models.some(
      ({ model }) =>
        (provider === undefined || model.provider === provider) &&
        (secret === undefined || model.secret?.id === secret),
    ),
  )
}

export interface AiEndpointChange {
  project: string
  id: string
  name?: string | undefined
  /** All models from now on. */
  models?: readonly NewEndpointModel[] | undefined
  routing?: string | undefined
  fallback?: Fallback | undefined
  experiment?: string | undefined
  usageTracking?: boolean | undefined
  by?: string | undefined
}

/** Errors: `not_found`, `invalid`, `already_exists`. */
export async function changeAiEndpoint(ctx: Context, input: AiEndpointChange): Promise<AiEndpoint> {
  authorize(ctx, 'operator', input.project)
  const { project, id, models } = input
  const before = await findAiEndpoint(readAiGateway(ctx), project, { id })
  const name = input.name === undefined ? before.name : checkEndpointName(input.name)
  const usageTracking = input.usageTracking ?? before.usage_tracking === 1
  const experiment =
    input.experiment === undefined && before.experiment !== null
      ? before.experiment
      : await tracingExperiment(ctx, { project, name, experiment: input.experiment, usageTracking })
  return commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    const row = await findAiEndpoint(db, project, { id })
    const next: AiEndpointRow = {
      ...row,
      name,
      routing: input.routing ?? row.routing,
      fallback: input.fallback === undefined ? row.fallback : (input.fallback.strategy ?? null),
      max_attempts:
        input.fallback === undefined ? row.max_attempts : (input.fallback.maxAttempts ?? null),
      experiment,
      usage_tracking: usageTracking ? 1 : 0,
      ...changeStamps(ctx, input.by),
    }
    const update = db
      .updateTable('ai_endpoints')
      .set(next)
      .where('project', '=', project)
      .where('id', '=', id)
      .execute()
    await orTaken('Endpoint', name, update)
    if (models !== undefined) {
      await db
        .deleteFrom('ai_endpoint_models')
        .where('project', '=', project)
        .where('endpoint_id', '=', id)
        .execute()
      await addModels(ctx, db, next, models, input.by)
    }
    const detail = { name }
    change.record({
      verb: 'ai-endpoint.changed',
      subject: subject('ai-endpoint', id),
      project,
      detail,
    })
    return describeEndpoint(db, next)
  })
}

const parts = ['ai_endpoint_models', 'ai_endpoint_tags', 'ai_bindings'] as const

/** With its tags, bindings and links to models. Errors: `not_found`. */
export async function deleteAiEndpoint(
  ctx: Context,
  input: { project: string; id: string },
): Promise<void> {
  authorize(ctx, 'operator', input.project)
  const { project, id } = input
  await commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    const { name } = await findAiEndpoint(db, project, { id })
    for (const part of parts) {
      await db
        .deleteFrom(part)
        .where('project', '=', project)
        .where('endpoint_id', '=', id)
        .execute()
    }
    await db
      .deleteFrom('ai_endpoints')
      .where('project', '=', project)
      .where('id', '=', id)
      .execute()
    const detail = { name }
    change.record({
      verb: 'ai-endpoint.deleted',
      subject: subject('ai-endpoint', id),
      project,
      detail,
    })
  })
}
