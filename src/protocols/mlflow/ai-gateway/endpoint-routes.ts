import {
  attachAiModel,
  bindAiEndpoint,
  changeAiEndpoint,
  createAiEndpoint,
  deleteAiEndpoint,
  detachAiModel,
  getAiEndpoint,
  listAiBindings,
  listAiEndpoints,
  type NewEndpointModel,
  tagAiEndpoint,
  unbindAiEndpoint,
} from '#domains/ai-gateway/index'
import { mlflowError } from '../errors.ts'
import { boolean, double, enumeration, int64, list, message, required, text } from '../fields.ts'
import { type Route, route } from '../route.ts'
import { unlessEmpty } from '../wire.ts'
import { bindingJson, endpointJson, mappingJson } from './gateway-json.ts'

const v3 = { major: 3 } as const
const path = 'gateway/endpoints'

const kinds = enumeration({ LINKAGE_TYPE_UNSPECIFIED: 0, PRIMARY: 1, FALLBACK: 2 })
const routing = enumeration({ ROUTING_STRATEGY_UNSPECIFIED: 0, REQUEST_BASED_TRAFFIC_SPLIT: 1 })
const fallback = message({
  strategy: enumeration({ FALLBACK_STRATEGY_UNSPECIFIED: 0, SEQUENTIAL: 1 }),
  max_attempts: int64,
})
const modelFields = {
  model_definition_id: required(text),
  linkage_type: kinds,
  weight: double,
  fallback_order: int64,
}
const modelConfig = message(modelFields)
const endpointId = { endpoint_id: required(text) }

type ModelConfig = NonNullable<ReturnType<typeof modelConfig.read>>

function newModel(config: ModelConfig): NewEndpointModel {
  const kind = config.linkage_type ?? 'PRIMARY'
  if (kind === 'LINKAGE_TYPE_UNSPECIFIED') {
    throw mlflowError('INVALID_PARAMETER_VALUE', 'linkage_type must be PRIMARY or FALLBACK.')
  }
  return {
    model: config.model_definition_id,
    kind,
    weight: config.weight ?? 1,
    fallbackOrder: config.fallback_order,
  }
}

/** What is said of how an endpoint works; what is unspecified is not said. */
function waysOf(input: {
  routing_strategy: ReturnType<typeof routing.read> | undefined
  fallback_config: ReturnType<typeof fallback.read> | undefined
}) {
  const { routing_strategy: way, fallback_config: config } = input
  const strategy = config?.strategy
  return {
    routing: way === 'ROUTING_STRATEGY_UNSPECIFIED' ? undefined : way,
    fallback:
      config === undefined
        ? undefined
        : {
            strategy: strategy === 'FALLBACK_STRATEGY_UNSPECIFIED' ? undefined : strategy,
            maxAttempts: config.max_attempts,
          },
  }
}

/** What applications call, and what uses it. */
export const endpointRoutes: readonly Route[] = [
  route(
    'POST',
    `${path}/create`,
    {
      name: required(text),
      model_configs: list(modelConfig),
      created_by: text,
      routing_strategy: routing,
      fallback_config: fallback,
      experiment_id: text,
      usage_tracking: boolean,
    },
    async ({ ctx, project, input }) => {
      const endpoint = await createAiEndpoint(ctx, {
        project,
        name: input.name,
        models: input.model_configs.map(newModel),
        ...waysOf(input),
        experiment: input.experiment_id,
        usageTracking: input.usage_tracking ?? true,
        by: input.created_by,
      })
      return { endpoint: endpointJson(endpoint) }
    },
    v3,
  ),
  route(
    'GET',
    `${path}/get`,
    { endpoint_id: text, name: text },
    async ({ ctx, project, input }) => {
      const { endpoint_id: id, name } = input
      return { endpoint: endpointJson(await getAiEndpoint(ctx, { project, id, name })) }
    },
    v3,
  ),
  route(
    'GET',
    `${path}/list`,
    { provider: text, secret_id: text },
    async ({ ctx, project, input }) => {
      const { provider, secret_id: secret } = input
      const endpoints = await listAiEndpoints(ctx, { project, provider, secret })
      return { endpoints: unlessEmpty(endpoints.map(endpointJson)) }
    },
    v3,
  ),
  route(
    'POST',
    `${path}/update`,
    {
      ...endpointId,
      name: text,
      updated_by: text,
      model_configs: list(modelConfig),
      routing_strategy: routing,
      fallback_config: fallback,
      experiment_id: text,
      usage_tracking: boolean,
    },
    async ({ ctx, project, input }) => {
      const models = input.model_configs.map(newModel)
      const endpoint = await changeAiEndpoint(ctx, {
        project,
        id: input.endpoint_id,
        name: input.name,
        models: models.length === 0 ? undefined : models,
        ...waysOf(input),
        experiment: input.experiment_id,
        usageTracking: input.usage_tracking,
        by: input.updated_by,
      })
      return { endpoint: endpointJson(endpoint) }
    },
    v3,
  ),
  route(
    'DELETE',
    `${path}/delete`,
    endpointId,
    async ({ ctx, project, input }) => {
      await deleteAiEndpoint(ctx, { project, id: input.endpoint_id })
      return {}
    },
    v3,
  ),
  route(
    'POST',
    `${path}/models/attach`,
    { ...endpointId, model_config: required(modelConfig), created_by: text },
    async ({ ctx, project, input }) => {
      const mapping = await attachAiModel(ctx, {
        project,
        endpoint: input.endpoint_id,
        model: newModel(input.model_config),
        by: input.created_by,
      })
      return { mapping: mappingJson(mapping) }
    },
    v3,
  ),
  route(
    'POST',
    `${path}/models/detach`,
    { ...endpointId, model_definition_id: required(text) },
    async ({ ctx, project, input }) => {
      const { endpoint_id: endpoint, model_definition_id: model } = input
      await detachAiModel(ctx, { project, endpoint, model })
      return {}
    },
    v3,
  ),
  route(
    'POST',
    `${path}/set-tag`,
    { ...endpointId, key: required(text), value: text },
    async ({ ctx, project, input }) => {
      const { endpoint_id: endpoint, key, value = '' } = input
      await tagAiEndpoint(ctx, { project, endpoint, key, value })
      return {}
    },
    v3,
  ),
  route(
    'DELETE',
    `${path}/delete-tag`,
    { ...endpointId, key: required(text) },
    async ({ ctx, project, input }) => {
      const { endpoint_id: endpoint, key } = input
      await tagAiEndpoint(ctx, { project, endpoint, key, value: null })
      return {}
    },
    v3,
  ),
  route(
    'POST',
    `${path}/bindings/create`,
    { ...endpointId, resource_type: required(text), resource_id: required(text), created_by: text },
    async ({ ctx, project, input }) => {
      const binding = await bindAiEndpoint(ctx, {
        project,
        endpoint: input.endpoint_id,
        resourceType: input.resource_type,
        resource: input.resource_id,
        by: input.created_by,
      })
      return { binding: bindingJson(binding) }
    },
    v3,
  ),
  route(
    'DELETE',
    `${path}/bindings/delete`,
    { ...endpointId, resource_type: required(text), resource_id: required(text) },
    async ({ ctx, project, input }) => {
      await unbindAiEndpoint(ctx, {
        project,
        endpoint: input.endpoint_id,
        resourceType: input.resource_type,
        resource: input.resource_id,
      })
      return {}
    },
    v3,
  ),
  route(
    'GET',
    `${path}/bindings/list`,
    { endpoint_id: text, resource_type: text, resource_id: text },
    async ({ ctx, project, input }) => {
      const bindings = await listAiBindings(ctx, {
        project,
        endpoint: input.endpoint_id,
        resourceType: input.resource_type,
        resource: input.resource_id,
      })
      return { bindings: unlessEmpty(bindings.map(bindingJson)) }
    },
    v3,
  ),
]
