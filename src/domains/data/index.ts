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
export { type DatasetDefinition, declareDataset } from './declare-dataset.ts'
export { getDataset, listDatasets } from './read-datasets.ts'
export { downloadFile, listFiles, previewVersion } from './read-files.ts'
export {
  getVersion,
  latestVersion,
  listVersions,
  type OpenedVersion,
  openVersion,
} from './read-versions.ts'
export { releaseVersion } from './release-version.ts'
export type { DataTables } from './store.ts'
export { readingFile, scanFiles } from './tabular.ts'
export { missingBlobs, requireBlob, uploadBlob } from './upload-blob.ts'
