export { listAliasMoves } from './alias-history.ts'
export { championAlias } from './alias-names.ts'
export { compareVersions } from './compare-versions.ts'
export { createModel } from './create-model.ts'
export { declareModel, type ModelChange } from './declare-model.ts'
export { evaluateGate, type GateDecision, listGateDecisions } from './evaluate-gate.ts'
export {
  type CalibrationBin,
  type Estimate,
  type Estimates,
  type Evaluation,
  type EvaluationSlice,
  type FairnessResult,
  type MetricName,
  type ModelComparison,
} from './evaluation.ts'
export { type GateCheck, type ModelDeclaration, parseModelsDeclaration } from './gate-check.ts'
export type { GateFinding } from './gate-evidence.ts'
export { type ImportedModel, importModel } from './import-model.ts'
export { getLicence, type Licence } from './licence.ts'
export { writeCard } from './card/write-card.ts'
export { latestByStage } from './latest-versions.ts'
export { checkModelName } from './model-names.ts'
export type {
  AliasMove,
  AliasPointer,
  FeatureProfile,
  Model,
  ModelProfile,
  ModelSignature,
  ModelVersion,
  StageMove,
  VersionComparison,
  VersionFile,
} from './model.ts'
export { getModel, getVersion, listModels, listVersions } from './read-models.ts'
export { getEvaluation, type NewEvaluation, recordEvaluation } from './record-evaluation.ts'
export { type NewSourceVersion, registerSource } from './register-source.ts'
export { type NewVersion, registerVersion } from './register-version.ts'
export { deleteModel, renameModel } from './rename-model.ts'
export { listReviews, type Review, reviewVersion } from './review-version.ts'
export { type NewAlias, removeAlias, setAlias } from './set-alias.ts'
export { type RegistrySearch, searchModels, searchVersions } from './search-models.ts'
export { setStage, type StageChange } from './set-stage.ts'
export { stageOf } from './stages.ts'
export { aliasesAt, pointersAt } from './pointers-at.ts'
export { listStageMoves } from './stage-history.ts'
export type { ModelsTables } from './store.ts'
export { updateModel } from './update-model.ts'
export { deleteVersion, updateVersion } from './update-version.ts'
export {
  getProfile,
  openAliasFile,
  type OpenedFile,
  openVersionFile,
  readVersionFile,
  uploadModelFile,
  versionFilePath,
} from './version-files.ts'
export { openAliasArchive, openVersionArchive, type VersionArchive } from './version-archive.ts'
export { holdModel, listModelHolds, type ModelHold, releaseModelHold } from './retention/holds.ts'
export type { InUse } from './retention/in-use.ts'
export {
  getModelRetention,
  type ModelRetention,
  retainedModels,
  setModelRetention,
} from './retention/policy.ts'
export { purgeUnregisteredRuns } from './retention/purge-runs.ts'
export { type Retirement, type RetireInput, retireVersions } from './retention/retire-versions.ts'
export { exportVersion, type VersionExport } from './transfer/export-version.ts'
export { type ImportedVersionReport, importVersion } from './transfer/import-version.ts'
export { getOrigin, type Origin } from './transfer/origin.ts'
export { modelsBlobColumns } from './blob-columns.ts'
export { readOnnx } from './read-onnx.ts'
