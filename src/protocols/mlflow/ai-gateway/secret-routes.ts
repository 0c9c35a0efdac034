import {
  changeAiModel,
  changeAiSecret,
  createAiModel,
  createAiSecret,
  deleteAiModel,
  deleteAiSecret,
  getAiModel,
  getAiSecret,
  listAiModels,
  listAiSecrets,
} from '#domains/ai-gateway/index'
import { map, required, text } from '../fields.ts'
import { type Route, route } from '../route.ts'
import { unlessEmpty } from '../wire.ts'
import { modelJson, secretJson } from './gateway-json.ts'

const v3 = { major: 3 } as const
const secretPath = 'gateway/secrets'
const modelPath = 'gateway/model-definitions'

/** Keys of providers, and the models that they open. */
export const secretRoutes: readonly Route[] = [
  route(
    'POST',
    `${secretPath}/create`,
    {
      secret_name: required(text),
      secret_value: required(map(text)),
      provider: text,
      auth_config: map(text),
      created_by: text,
    },
    async ({ ctx, project, input }) => {
      const secret = await createAiSecret(ctx, {
        project,
        name: input.secret_name,
        values: input.secret_value,
        provider: input.provider,
        settings: input.auth_config,
        by: input.created_by,
      })
      return { secret: secretJson(secret) }
    },
    v3,
  ),
  route(
    'GET',
    `${secretPath}/get`,
    { secret_id: text, secret_name: text },
    async ({ ctx, project, input }) => {
      const { secret_id: id, secret_name: name } = input
      return { secret: secretJson(await getAiSecret(ctx, { project, id, name })) }
    },
    v3,
  ),
  route(
    'GET',
    `${secretPath}/list`,
    { provider: text },
    async ({ ctx, project, input }) => {
      const secrets = await listAiSecrets(ctx, { project, provider: input.provider })
      return { secrets: unlessEmpty(secrets.map(secretJson)) }
    },
    v3,
  ),
  route(
    'POST',
    `${secretPath}/update`,
    {
      secret_id: required(text),
      secret_value: map(text),
      auth_config: map(text),
      updated_by: text,
    },
    async ({ ctx, project, input }) => {
      const secret = await changeAiSecret(ctx, {
        project,
        id: input.secret_id,
        values: unlessNothing(input.secret_value),
        settings: unlessNothing(input.auth_config),
        by: input.updated_by,
      })
      return { secret: secretJson(secret) }
    },
    v3,
  ),
  route(
    'DELETE',
    `${secretPath}/delete`,
    { secret_id: required(text) },
    async ({ ctx, project, input }) => {
      await deleteAiSecret(ctx, { project, id: input.secret_id })
      return {}
    },
    v3,
  ),
  route(
    'POST',
    `${modelPath}/create`,
    {
      name: required(text),
      secret_id: required(text),
      provider: required(text),
      model_name: required(text),
      created_by: text,
    },
    async ({ ctx, project, input }) => {
      const model = await createAiModel(ctx, {
        project,
        name: input.name,
        secret: input.secret_id,
        provider: input.provider,
        model: input.model_name,
        by: input.created_by,
      })
      return { model_definition: modelJson(model) }
    },
    v3,
  ),
  route(
    'GET',
    `${modelPath}/get`,
    { model_definition_id: required(text) },
    async ({ ctx, project, input }) => {
      const model = await getAiModel(ctx, { project, id: input.model_definition_id })
      return { model_definition: modelJson(model) }
    },
    v3,
  ),
  route(
    'GET',
    `${modelPath}/list`,
    { provider: text, secret_id: text },
    async ({ ctx, project, input }) => {
      const { provider, secret_id: secret } = input
      const models = await listAiModels(ctx, { project, provider, secret })
      return { model_definitions: unlessEmpty(models.map(modelJson)) }
    },
    v3,
  ),
  route(
    'POST',
    `${modelPath}/update`,
    {
      model_definition_id: required(text),
      name: text,
      secret_id: text,
      model_name: text,
      provider: text,
      updated_by: text,
    },
    async ({ ctx, project, input }) => {
      const model = await changeAiModel(ctx, {
        project,
        id: input.model_definition_id,
        name: input.name,
        secret: input.secret_id,
        provider: input.provider,
        model: input.model_name,
        by: input.updated_by,
      })
      return { model_definition: modelJson(model) }
    },
    v3,
  ),
  route(
    'DELETE',
    `${modelPath}/delete`,
    { model_definition_id: required(text) },
    async ({ ctx, project, input }) => {
      await deleteAiModel(ctx, { project, id: input.model_definition_id })
      return {}
    },
    v3,
  ),
]

/** An empty map is one that was not given. */
function unlessNothing(
  texts: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | undefined {
  return Object.keys(texts).length === 0 ? undefined : texts
}
