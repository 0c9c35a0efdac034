import {
  checkExpectations,
  commitVersion,
  compareVersions,
  declareDataset,
  downloadFile,
  getDataset,
  getVersion,
  listDatasets,
  listFiles,
  listFolder,
  listUses,
  listVersions,
  missingBlobs,
  previewVersion,
  profileFile,
  releaseVersion,
  uploadBlob,
} from '#domains/data/index'
import { implement } from '../implement.ts'
import { dataApi } from '../wire/data.ts'

export const dataOperations = implement('data', dataApi, {
  listDatasets: async (ctx, { params }) => ({ items: await listDatasets(ctx, params) }),
  declareDataset: (ctx, { params, body }) => declareDataset(ctx, { ...params, ...body }),
  getDataset: (ctx, { params }) => getDataset(ctx, params),
  listVersions: (ctx, { params, query }) => listVersions(ctx, { ...params, ...query }),
  commitVersion: (ctx, { params, body }) => commitVersion(ctx, { ...params, ...body }),
  checkExpectations: (ctx, { params, body }) => checkExpectations(ctx, { ...params, ...body }),
  getVersion: (ctx, { params }) => getVersion(ctx, params),
  listFiles: (ctx, { params, query }) => listFiles(ctx, { ...params, ...query }),
  listFolder: (ctx, { params, query }) => listFolder(ctx, { ...params, ...query }),
  profileFile: (ctx, { params, query }) => profileFile(ctx, { ...params, ...query }),
  listUses: (ctx, { params }) => listUses(ctx, params),
  downloadFile: async (ctx, { params, query }) => {
    const { path, sha256, sizeBytes, content } = await downloadFile(ctx, { ...params, ...query })
    return {
      contentType: 'application/octet-stream',
      sizeBytes,
      etag: sha256,
      fileName: path.split('/').at(-1) ?? 'file',
      content,
    }
  },
  previewVersion: (ctx, { params, query }) => previewVersion(ctx, { ...params, ...query }),
  compareVersions: (ctx, { params, query }) => compareVersions(ctx, { ...params, ...query }),
  releaseVersion: (ctx, { params, body }) => releaseVersion(ctx, { ...params, ...body }),
  uploadBlob: (ctx, { params, body, signal }) =>
    uploadBlob({ ...ctx, signal }, { ...params, content: body }),
  missingBlobs: async (ctx, { params, body }) => ({
    missing: await missingBlobs(ctx, { ...params, items: body.items }),
  }),
})
