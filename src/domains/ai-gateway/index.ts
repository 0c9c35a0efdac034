export {
  type AiBudget,
  changeAiBudget,
  createAiBudget,
  deleteAiBudget,
  getAiBudget,
  listAiBudgets,
} from './ai-budgets.ts'
export type { AiEndpoint, AiEndpointModel, NewEndpointModel } from './ai-endpoint.ts'
export {
  changeAiEndpoint,
  createAiEndpoint,
  deleteAiEndpoint,
  getAiEndpoint,
  listAiEndpoints,
} from './ai-endpoints.ts'
export {
  type AiModel,
  changeAiModel,
  createAiModel,
  deleteAiModel,
  getAiModel,
  listAiModels,
} from './ai-models.ts'
export {
  type AiSecret,
  changeAiSecret,
  createAiSecret,
  deleteAiSecret,
  getAiSecret,
  listAiSecrets,
} from './ai-secrets.ts'
export {
  type AiBinding,
  attachAiModel,
  bindAiEndpoint,
  detachAiModel,
  listAiBindings,
  tagAiEndpoint,
  unbindAiEndpoint,
} from './endpoint-parts.ts'
