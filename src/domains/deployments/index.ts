export { abortRollout, promoteRollout, rollBack } from './end-rollout.ts'
export { advanceRollout, lookAtCanary } from './advance-rollout.ts'
export { compactTelemetry, listFragmented } from './compact-telemetry.ts'
export { declareEndpoint, type EndpointChange } from './declare-endpoint.ts'
export type { EndpointDetail, EndpointSummary, Gateway, Variant, VariantRole } from './endpoint.ts'
export type {
  FeatureSource,
  LookedUp,
  RequestColumns,
  ServiceDescription,
} from './feature-source.ts'
export { endpointModel } from './find-endpoint.ts'
export { followModelName } from './follow-model-name.ts'
export { GatewaySync } from './gateway.ts'
export { removeGateway } from './gateways.ts'
export { listActiveRollouts, getRollout, listRollouts } from './list-rollouts.ts'
export { listMovements } from './list-movements.ts'
export { listPredictions, type LoggedPrediction } from './list-predictions.ts'
export type { Replay, ReplayRequest } from './parity.ts'
export { type EndpointDeclaration, parseEndpointsDeclaration } from './policy.ts'
export { predict, type PredictAnswer } from './predict.ts'
export { postLabels, type LabelsAnswer } from './post-labels.ts'
export {
  getEndpoint,
  listEndpoints,
  readTraffic,
  serviceBetween,
  type TrafficPoint,
} from './read-endpoints.ts'
export { createRealisedView } from './realised.ts'
export { alignChampionAlias, releaseVersion, startPostponed } from './release-version.ts'
export type { Rollout } from './rollout.ts'
export type { Route } from './route.ts'
export type { PredictRequest } from './prepare-request.ts'
export { type Scored, Serving } from './serving.ts'
export { servingMetrics } from './serving-metrics.ts'
export { deleteUnservedModel, deleteUnservedVersion, retireUnserved } from './served-versions.ts'
export { setShadow } from './set-shadow.ts'
export { startRollout } from './start-rollout.ts'
export { type DeploymentsTables } from './store.ts'
export { telemetryFiles, telemetryPaths } from './telemetry-files.ts'
export { featurePrefix } from './write-log.ts'
export { listServedServices } from './served-services.ts'
export { listLooks } from './list-looks.ts'
