export { checkExpectations } from './check-expectations.ts'
export { commitVersion, type NewVersion } from './commit-version.ts'
export { compareVersions } from './compare-versions.ts'
export type {
  ChangeReport,
  ColumnProfile,
  DataFile,
  DataProfile,
  Dataset,
  DataVersion,
  DataVersionDetail,
  Expectation,
  ExpectationResult,
  Verdict,
} from './dataset.ts'
export {
  applyDatasetsDeclaration,
  type DatasetDeclaration,
  parseDatasetsDeclaration,
} from './datasets-declaration.ts'
export { describeHistory } from './describe-history.ts'
export { type DatasetDefinition, declareDataset } from './declare-dataset.ts'
export { listFolder } from './list-folder.ts'
export { listUses } from './list-uses.ts'
export { newestEvent } from './newest-event.ts'
export { previewTable, type TablePreview } from './preview-table.ts'
export { profileFile } from './profile-file.ts'
export { getDataset, listDatasets } from './read-datasets.ts'
export { downloadFile, listFiles, previewVersion } from './read-files.ts'
export {
  getVersion,
  latestVersion,
  listVersions,
  type OpenedVersion,
  openVersion,
} from './read-versions.ts'
export {
  type BatchAnswer,
  type BatchOutcome,
  type BatchRecord,
  getObjects,
  missingObjects,
  putObjects,
} from './remote/batch.ts'
export { checkRemote } from './remote/check-remote.ts'
export { listEntries, type RemoteEntry, statEntry } from './remote/list-objects.ts'
export { listWaiting } from './remote/list-waiting.ts'
export { moveObject } from './remote/move-object.ts'
export { openObject, type RemoteObject } from './remote/open-object.ts'
export {
  clearProblems,
  listProblems,
  type ProblemKind,
  recordProblem,
  type RemoteProblem,
} from './remote/problems.ts'
export { declareRemote, findRemote, listRemotes, openRemote, type Remote } from './remote/remote.ts'
export { removeObjects } from './remote/remove-objects.ts'
export { storeObject } from './remote/store-object.ts'
export { listVisits, recordVisits, type RemoteVisit } from './remote/visits.ts'
export { releaseVersion } from './release-version.ts'
export type { DataTables } from './store.ts'
export { readingFile, scanFiles } from './tabular.ts'
export { missingBlobs, requireBlob, uploadBlob } from './upload-blob.ts'
export { dataBlobColumns } from './blob-columns.ts'
export { type CollectInput, collectGarbage } from './upkeep/collect-garbage.ts'
export { describeUsage } from './upkeep/describe-usage.ts'
export { explainRetention } from './upkeep/explain-retention.ts'
export { type BlobReasons, explainBlob } from './upkeep/explain-blob.ts'
export { type Hold, holdDataset, listHolds, releaseHold } from './upkeep/holds.ts'
export { expireVersions, getRetention, type Retention, setRetention } from './upkeep/retention.ts'
export { type FreedBytes, freedBytes } from './upkeep/freed-bytes.ts'
export { copyStore, describeStore, scrubStore } from './upkeep/scrub-store.ts'
