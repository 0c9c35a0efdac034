export { downloadArtifact, listArtifacts, type NewArtifact, uploadArtifact } from './artifacts.ts'
export { createExperiment } from './create-experiment.ts'
export { createRun, type NewRun } from './create-run.ts'
export { deleteExperiment, restoreExperiment } from './delete-experiment.ts'
export { finishRun, resumeRun, type RunEnd } from './finish-run.ts'
export { getExperiment, listExperiments } from './list-experiments.ts'
export { type LogBatch, logToRun, type NewMetric } from './log-to-run.ts'
export type { MetricNumber } from './metric-number.ts'
export { type ChartSeries, getMetricHistory, type MetricPoint, readCharts } from './read-metrics.ts'
export { getRun } from './read-run.ts'
export type {
  ArtifactEntry,
  Experiment,
  MetricSummary,
  Run,
  RunEnvironment,
  RunSummary,
} from './run.ts'
export { listRunColumns, type RunSearch, searchRuns } from './search-runs.ts'
export type { RunStatus } from './status.ts'
export type { RunsTables } from './store.ts'
export { updateExperiment } from './update-experiment.ts'
export { deleteRun, linkToRun, restoreRun, updateRun } from './update-run.ts'
