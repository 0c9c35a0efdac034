export { lookupFeatures } from './lookup-features.ts'
export {
  applyFeaturesDeclaration,
  type AppliedFeatures,
  resolveFeatures,
} from './apply-features.ts'
export {
  checkConsistency,
  type ConsistencyReport,
  listConsistencyChecks,
} from './check-consistency.ts'
export { joinFeatures, type SpineRequest, type TrainingSet } from './join-features.ts'
export type { LookedUp } from './lookup-rows.ts'
export {
  materializeLatest,
  materializeService,
  materializeSource,
  type ViewMaterialization,
} from './materialize.ts'
export { OnlineFeatures } from './online.ts'
export { type FeaturesDeclaration, parseFeaturesDeclaration } from './parse-features.ts'
export {
  type FeatureService,
  type FeatureView,
  getService,
  getView,
  listEntities,
  listServices,
  listViews,
} from './read-definitions.ts'
export { downloadTrainingSet, getTrainingSet, listTrainingSets } from './read-training-sets.ts'
export type { FeaturesTables } from './store.ts'
export { featuresBlobColumns } from './blob-columns.ts'
