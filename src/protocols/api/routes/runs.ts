import {
  createExperiment,
  createRun,
  deleteExperiment,
  deleteRun,
  downloadArtifact,
  exportRuns,
  finishRun,
  forkRun,
  describeExperiment,
  getMetricHistory,
  getRun,
  groupRuns,
  linkToRun,
  listArtifacts,
  listExperiments,
  listRunColumns,
  logToRun,
  previewArtifact,
  queryRuns,
  readCharts,
  restoreExperiment,
  restoreRun,
  resumeRun,
  rewindRun,
  searchRuns,
  undoRewind,
  updateExperiment,
  updateRun,
  uploadArtifact,
} from '#domains/runs/index'
import { sealView } from '../artifact-view.ts'
import { implement } from '../implement.ts'
import { runsApi } from '../wire/runs.ts'

const fileTypes = { csv: 'text/csv; charset=utf-8', parquet: 'application/vnd.apache.parquet' }

export const runsOperations = implement('runs', runsApi, {
  queryRuns: (ctx, { params, body, signal }) =>
    queryRuns({ ...ctx, signal }, { ...params, ...body }),
  exportRuns: async (ctx, { params, query }) => {
    const { format, table, experiment } = query
    const content = exportRuns(ctx, { ...params, table, format, experiments: experiment })
    return { contentType: fileTypes[format], fileName: `${table}.${format}`, content }
  },
  listExperiments: (ctx, { params, query }) => listExperiments(ctx, { ...params, ...query }),
  createExperiment: (ctx, { params, body }) => createExperiment(ctx, { ...params, ...body }),
  getExperiment: (ctx, { params }) => describeExperiment(ctx, params),
  updateExperiment: (ctx, { params, body }) => updateExperiment(ctx, { ...params, ...body }),
  deleteExperiment: (ctx, { params }) => deleteExperiment(ctx, params),
  restoreExperiment: (ctx, { params }) => restoreExperiment(ctx, params),
  createRun: (ctx, { params, body }) => createRun(ctx, { ...params, ...body }),
  searchRuns: (ctx, { params, body }) => searchRuns(ctx, { ...params, ...body }),
  groupRuns: (ctx, { params, body }) => groupRuns(ctx, { ...params, ...body }),
  listRunColumns: (ctx, { params, query }) => listRunColumns(ctx, { ...params, ...query }),
  getRun: (ctx, { params }) => getRun(ctx, params),
  updateRun: (ctx, { params, body }) => updateRun(ctx, { ...params, ...body }),
  logToRun: (ctx, { params, body }) => logToRun(ctx, { ...params, ...body }),
  linkToRun: (ctx, { params, body }) => linkToRun(ctx, { ...params, ...body }),
  finishRun: (ctx, { params, body }) => finishRun(ctx, { ...params, ...body }),
  resumeRun: (ctx, { params }) => resumeRun(ctx, params),
  forkRun: (ctx, { params, body }) => forkRun(ctx, { ...params, ...body }),
  rewindRun: (ctx, { params, body }) => rewindRun(ctx, { ...params, ...body }),
  undoRewind: (ctx, { params }) => undoRewind(ctx, params),
  deleteRun: (ctx, { params }) => deleteRun(ctx, params),
  restoreRun: (ctx, { params }) => restoreRun(ctx, params),
  getMetricHistory: (ctx, { params, query }) => getMetricHistory(ctx, { ...params, ...query }),
  readCharts: (ctx, { params, body }) => readCharts(ctx, { ...params, ...body }),
  listArtifacts: (ctx, { params, query }) => listArtifacts(ctx, { ...params, ...query }),
  downloadArtifact: async (ctx, { params, query }) => {
    const { sha256, sizeBytes, content } = await downloadArtifact(ctx, { ...params, ...query })
    return {
      contentType: 'application/octet-stream',
      sizeBytes,
      etag: sha256,
      fileName: query.path.split('/').at(-1) ?? 'artifact',
      content,
    }
  },
  previewArtifact: (ctx, { params, query }) => previewArtifact(ctx, { ...params, ...query }),
  viewArtifact: async (ctx, { params, body }) =>
    sealView(ctx, (await downloadArtifact(ctx, { ...params, ...body })).sha256),
  uploadArtifact: (ctx, { params, query, body, signal }) =>
    uploadArtifact(ctx, { ...params, ...query, content: body, signal }),
})
