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
