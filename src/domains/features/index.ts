export { applyFeaturesDeclaration, type AppliedFeatures } from './apply-features.ts'
export { joinFeatures, type SpineRequest, type TrainingSet } from './join-features.ts'
