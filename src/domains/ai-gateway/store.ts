import type { Kysely, Transaction } from 'kysely'
import type { Context } from '#domains/access/index'

interface Stamps {
  created_at: number
  updated_at: number
  created_by: string | null
  updated_by: string | null
}

/** What a provider wants to know its caller by. */
export interface AiSecretRow extends Stamps {
  project: string
  id: string
  name: string
  /** JSON by key, sealed for `ai-secret:<project>:<id>`. */
  sealed: string
  /** JSON: the same keys, with enough of each value to tell it from others. */
  masked: string
  provider: string | null
  /** JSON: what is not secret, such as a region or `api_base`. */
  settings: string
}

/** A model of a provider, with the secret that opens it. */
export interface AiModelRow extends Stamps {
  project: string
  id: string
  name: string
  /** null once it was deleted. */
  secret_id: string | null
  provider: string
  model: string
}

export interface AiEndpointRow extends Stamps {
  project: string
  id: string
  name: string
  routing: string | null
  fallback: string | null
  max_attempts: number | null
  /** Where its calls are traced. */
  experiment: number | null
  usage_tracking: number
}

/** A model behind an endpoint: with a share of the calls, or for when others fail. */
export interface AiEndpointModelRow {
  project: string
  id: string
  endpoint_id: string
  model_id: string
  kind: string
  weight: number
  fallback_order: number | null
  created_at: number
  created_by: string | null
}

export interface AiEndpointTagRow {
  project: string
  endpoint_id: string
  key: string
  value: string
}

/** What uses an endpoint, so that it is not deleted unawares. */
export interface AiBindingRow extends Stamps {
  project: string
  endpoint_id: string
  resource_type: string
  resource_id: string
}

export interface AiBudgetRow extends Stamps {
  project: string
  id: string
  amount: number
  duration_unit: string
  duration_value: number
  scope: string
  target: string | null
  action: string
}

export interface AiGatewayTables {
  ai_secrets: AiSecretRow
  ai_models: AiModelRow
  ai_endpoints: AiEndpointRow
  ai_endpoint_models: AiEndpointModelRow
  ai_endpoint_tags: AiEndpointTagRow
  ai_bindings: AiBindingRow
  ai_budgets: AiBudgetRow
}

export type AiGatewayTransaction = Transaction<AiGatewayTables>
/** Inside a change or outside of one. */
export type AiGatewayReader = Kysely<AiGatewayTables>

const stamps = ['created_at', 'updated_at', 'created_by', 'updated_by'] as const

export const aiSecretColumns = [
  'project',
  'id',
  'name',
  'sealed',
  'masked',
  'provider',
  'settings',
  ...stamps,
] as const satisfies readonly (keyof AiSecretRow)[]

export const aiModelColumns = [
  'project',
  'id',
  'name',
  'secret_id',
  'provider',
  'model',
  ...stamps,
] as const satisfies readonly (keyof AiModelRow)[]

export const aiEndpointColumns = [
  'project',
  'id',
  'name',
  'routing',
  'fallback',
  'max_attempts',
  'experiment',
  'usage_tracking',
  ...stamps,
] as const satisfies readonly (keyof AiEndpointRow)[]

export const aiEndpointModelColumns = [
  'project',
  'id',
  'endpoint_id',
  'model_id',
  'kind',
  'weight',
  'fallback_order',
  'created_at',
  'created_by',
] as const satisfies readonly (keyof AiEndpointModelRow)[]

export const aiBindingColumns = [
  'project',
  'endpoint_id',
  'resource_type',
  'resource_id',
  ...stamps,
] as const satisfies readonly (keyof AiBindingRow)[]

export const aiBudgetColumns = [
  'project',
  'id',
  'amount',
  'duration_unit',
  'duration_value',
  'scope',
  'target',
  'action',
  ...stamps,
] as const satisfies readonly (keyof AiBudgetRow)[]

export function readAiGateway(ctx: Context): AiGatewayReader {
  return ctx.tables.read<AiGatewayTables>()
}
