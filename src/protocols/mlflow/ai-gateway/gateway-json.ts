import type {
  AiBinding,
  AiBudget,
  AiEndpoint,
  AiEndpointModel,
  AiModel,
  AiSecret,
} from '#domains/ai-gateway/index'
import { unlessEmpty } from '../wire.ts'

interface Stamped {
  createdAt: number
  updatedAt: number
  createdBy: string | undefined
  updatedBy: string | undefined
}

function stamps(thing: Stamped): object {
  return {
    created_at: thing.createdAt,
    last_updated_at: thing.updatedAt,
    created_by: thing.createdBy,
    last_updated_by: thing.updatedBy,
  }
}

function mapOf(texts: Readonly<Record<string, string>>): object | undefined {
  return Object.keys(texts).length === 0 ? undefined : texts
}

export function secretJson(secret: AiSecret): object {
  return {
    secret_id: secret.id,
    secret_name: secret.name,
    masked_values: mapOf(secret.masked),
    provider: secret.provider,
    auth_config: mapOf(secret.settings),
    ...stamps(secret),
  }
}

export function modelJson(model: AiModel): object {
  return {
    model_definition_id: model.id,
    name: model.name,
    secret_id: model.secret?.id,
    secret_name: model.secret?.name,
    provider: model.provider,
    model_name: model.model,
    ...stamps(model),
  }
}

export function mappingJson(mapping: AiEndpointModel): object {
  return {
    mapping_id: mapping.id,
    endpoint_id: mapping.endpoint,
    model_definition_id: mapping.model.id,
    model_definition: modelJson(mapping.model),
    weight: mapping.weight,
    created_at: mapping.createdAt,
    created_by: mapping.createdBy,
    linkage_type: mapping.kind,
    fallback_order: mapping.fallbackOrder,
  }
}

export function endpointJson(endpoint: AiEndpoint): object {
  const { fallback, tags } = endpoint
  return {
    endpoint_id: endpoint.id,
    name: endpoint.name,
    model_mappings: unlessEmpty(endpoint.models.map(mappingJson)),
    tags: unlessEmpty(Object.entries(tags).map(([key, value]) => ({ key, value }))),
    routing_strategy: endpoint.routing,
    fallback_config:
      fallback === undefined
        ? undefined
        : { strategy: fallback.strategy, max_attempts: fallback.maxAttempts },
    experiment_id: endpoint.experiment,
    usage_tracking: endpoint.usageTracking,
    ...stamps(endpoint),
  }
}

export function bindingJson(binding: AiBinding): object {
  return {
    endpoint_id: binding.endpoint,
    resource_type: binding.resourceType,
    resource_id: binding.resource,
    ...stamps(binding),
  }
}

export function budgetJson(budget: AiBudget): object {
  return {
    budget_policy_id: budget.id,
    budget_unit: 'USD',
    budget_amount: budget.amount,
    duration: budget.duration,
    target_scope: budget.scope,
    target_value: budget.target,
    budget_action: budget.action,
    ...stamps(budget),
  }
}
