import { invalid } from '#kernel/errors'
import type { Context } from '#domains/access/index'
import { type AiModel, describeModels, findAiModel } from './ai-models.ts'
import { notThere } from './names.ts'
import { type Stamps, stampsFrom } from './stamps.ts'
import {
  aiEndpointColumns,
  aiEndpointModelColumns,
  type AiEndpointModelRow,
  type AiEndpointRow,
  type AiGatewayReader,
  type AiGatewayTransaction,
  aiModelColumns,
} from './store.ts'

/** What applications call by one name, whatever models are behind it. */
export interface AiEndpoint extends Stamps {
  id: string
  name: string
  /** `REQUEST_BASED_TRAFFIC_SPLIT`: by the weights of the primary models. */
  routing: string | undefined
  /** What happens when a model fails: `SEQUENTIAL`, the fallback models in their order. */
  fallback: { strategy: string | undefined; maxAttempts: number | undefined } | undefined
  /** Where its calls are traced. */
  experiment: string | undefined
  usageTracking: boolean
  models: AiEndpointModel[]
  tags: Record<string, string>
}

export interface AiEndpointModel {
  id: string
  endpoint: string
  model: AiModel
  kind: 'PRIMARY' | 'FALLBACK'
  weight: number
  fallbackOrder: number | undefined
  createdAt: number
  createdBy: string | undefined
}

export interface NewEndpointModel {
  model: string
  kind: 'PRIMARY' | 'FALLBACK'
  weight: number
  fallbackOrder?: number | undefined
}

export interface Fallback {
  strategy: string | undefined
  maxAttempts: number | undefined
}

export async function findAiEndpoint(
  db: AiGatewayReader,
  project: string,
  by: { id: string } | { name: string },
): Promise<AiEndpointRow> {
  const own = db.selectFrom('ai_endpoints').select(aiEndpointColumns).where('project', '=', project)
  const row = await (
    'id' in by ? own.where('id', '=', by.id) : own.where('name', '=', by.name)
  ).executeTakeFirst()
  if (row !== undefined) return row
  throw 'id' in by
    ? notThere('GatewayEndpoint', 'endpoint_id', by.id)
    : notThere('GatewayEndpoint', 'name', by.name)
}

/** Rows with their models and tags, in their order. */
export async function describeEndpoints(
  db: AiGatewayReader,
  project: string,
  rows: readonly AiEndpointRow[],
): Promise<AiEndpoint[]> {
  const ids = rows.map((row) => row.id)
  if (ids.length === 0) return []
  const mappings = await db
    .selectFrom('ai_endpoint_models')
    .select(aiEndpointModelColumns)
    .where('project', '=', project)
    .where('endpoint_id', 'in', ids)
    .orderBy('id')
    .execute()
  const models = await describeMappings(db, project, mappings)
  const tags = await db
    .selectFrom('ai_endpoint_tags')
    .select(['endpoint_id', 'key', 'value'])
    .where('project', '=', project)
    .where('endpoint_id', 'in', ids)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    routing: row.routing ?? undefined,
    fallback: fallbackOf(row),
    experiment: row.experiment === null ? undefined : String(row.experiment),
    usageTracking: row.usage_tracking === 1,
    models: models.filter((model) => model.endpoint === row.id),
    tags: Object.fromEntries(
      tags.filter((tag) => tag.endpoint_id === row.id).map(({ key, value }) => [key, value]),
    ),
    ...stampsFrom(row),
  }))
}

export async function describeEndpoint(
  db: AiGatewayReader,
  row: AiEndpointRow,
): Promise<AiEndpoint> {
  const [described] = await describeEndpoints(db, row.project, [row])
  if (described === undefined) throw new Error('one row is described as one endpoint')
  return described
}

function fallbackOf({ fallback, max_attempts }: AiEndpointRow): Fallback | undefined {
  if (fallback === null && max_attempts === null) return undefined
  return { strategy: fallback ?? undefined, maxAttempts: max_attempts ?? undefined }
}

export async function describeMappings(
  db: AiGatewayReader,
  project: string,
  mappings: readonly AiEndpointModelRow[],
): Promise<AiEndpointModel[]> {
  const ids = [...new Set(mappings.map((mapping) => mapping.model_id))]
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('ai_models')
    .select(aiModelColumns)
    .where('project', '=', project)
    .where('id', 'in', ids)
    .execute()
  const models = new Map((await describeModels(db, project, rows)).map((one) => [one.id, one]))
  return mappings.flatMap((mapping) => {
    const model = models.get(mapping.model_id)
    if (model === undefined) return []
    return [
      {
        id: mapping.id,
        endpoint: mapping.endpoint_id,
        model,
        kind: mapping.kind as AiEndpointModel['kind'],
        weight: mapping.weight,
        fallbackOrder: mapping.fallback_order ?? undefined,
        createdAt: mapping.created_at,
        createdBy: mapping.created_by ?? undefined,
      },
    ]
  })
}

/** Puts models behind an endpoint. Errors: `not_found` (model), `invalid`. */
export async function addModels(
  ctx: Context,
  db: AiGatewayTransaction,
  endpoint: Pick<AiEndpointRow, 'project' | 'id'>,
  models: readonly NewEndpointModel[],
  by: string | undefined,
): Promise<AiEndpointModelRow[]> {
  const { project } = endpoint
  const now = ctx.clock()
  for (const { model, weight } of models) {
    await findAiModel(db, project, model)
    if (!Number.isFinite(weight) || weight < 0) {
      throw invalid(`The weight of a model must be a number from 0 on, got ${weight}`)
    }
  }
  const rows = models.map((given) => ({
    project,
    id: `m-${ctx.newId()}`,
    endpoint_id: endpoint.id,
    model_id: given.model,
    kind: given.kind,
    weight: given.weight,
    fallback_order: given.fallbackOrder ?? null,
    created_at: now,
    created_by: by ?? ctx.principal.name,
  }))
  if (rows.length > 0) await db.insertInto('ai_endpoint_models').values(rows).execute()
  return rows
}
