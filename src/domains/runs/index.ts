export { abortUpload, completeUpload, createUpload, putPart } from './artifact-uploads.ts'
export { deleteFiles, getFile, listFiles, putFile } from './artifacts.ts'
export {
  downloadArtifact,
  listArtifacts,
  type NewArtifact,
  uploadArtifact,
} from './run-artifacts.ts'
export { compareSql, lowerAscii } from './compare-sql.ts'
export { artifactFilesBelow } from './artifact-files.ts'
export { artifactAddress } from './artifact-place.ts'
export { createExperiment } from './create-experiment.ts'
export { createLoggedModel, type NewLoggedModel } from './create-logged-model.ts'
export { createLoggedRun, createRun, type NewRun } from './create-run.ts'
export { exportRuns, type RunExport } from './export-runs.ts'
export { queryRuns, type RunQuery, type RunQueryResult } from './query-runs.ts'
export { deleteExperiment, restoreExperiment } from './delete-experiment.ts'
export { deleteRunTag } from './delete-run-tag.ts'
export { importExperiment, type ImportedExperiment } from './import-experiment.ts'
export { type ImportedLoggedModel, importLoggedModel } from './import-logged-model.ts'
export { type ImportedRun, importRun } from './import-run.ts'
export { type ImportedItem, listImported, noteImported } from './imported-items.ts'
export { getLoggedRun, searchLoggedRuns } from './get-logged-run.ts'
export type { DatasetInput, LoggedRun } from './logged-run.ts'
export { logInputs, logOutputs } from './log-inputs.ts'
export { type Purge, type PurgeInput, purgeRuns, type RunsInUse } from './purge-runs.ts'
export { recordModel } from './record-model.ts'
export { searchDatasets } from './search-datasets.ts'
export { updateRunInfo } from './update-run-info.ts'
export { forkRun, type RunFork } from './fork-run.ts'
export { rewindRun, undoRewind } from './rewind-run.ts'
export { groupRuns } from './group-runs.ts'
export { finishRun, resumeRun, type RunEnd } from './finish-run.ts'
export type { ExperimentInfo } from './experiments.ts'
export { describeExperiment, getExperiment, listExperiments } from './list-experiments.ts'
export { noteTag, runNameTag } from './mirrored-tags.ts'
export { searchExperiments } from './search-experiments.ts'
export { type LogBatch, logToRun, type NewMetric } from './log-to-run.ts'
export { metricNumber, type MetricNumber, numberOf } from './metric-number.ts'
export {
  type ChartSeries,
  getMetricColumns,
  getMetricHistory,
  type MetricPoint,
  readCharts,
  sampleMetric,
} from './read-metrics.ts'
export { previewArtifact } from './preview-artifact.ts'
export {
  getLoggedModel,
  type LoggedModel,
  type LoggedModelMetric,
  type LoggedModelStatus,
} from './logged-model.ts'
export { listLoggedModelFiles, openLoggedModelFile } from './logged-model-files.ts'
export { noteModelVersion } from './logged-model-versions.ts'
export { getRun } from './read-run.ts'
export type {
  ArtifactEntry,
  Experiment,
  MetricSummary,
  Run,
  RunEnvironment,
  RunSummary,
} from './run.ts'
export { type LoggedModelSearch, searchLoggedModels } from './search-logged-models.ts'
export { listRunColumns, type RunSearch, searchRuns } from './search-runs.ts'
export { listUnsealedRuns, sealRunMetrics } from './seal-metrics.ts'
export type { RunStatus } from './status.ts'
export type { RunsTables } from './store.ts'
export { updateExperiment } from './update-experiment.ts'
export {
  deleteLoggedModel,
  finalizeLoggedModel,
  logToLoggedModel,
  removeLoggedModelTag,
} from './update-logged-model.ts'
export { deleteRun, linkToRun, restoreRun, updateRun } from './update-run.ts'
export { runsBlobColumns } from './blob-columns.ts'
