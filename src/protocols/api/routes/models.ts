import {
  aliasesAt,
  compareVersions,
  declareModel,
  evaluateGate,
  getEvaluation,
  getModel,
  getProfile,
  getVersion,
  listAliasMoves,
  listGateDecisions,
  listModels,
  listVersions,
  openVersionFile,
  recordEvaluation,
  registerVersion,
  removeAlias,
  setAlias,
  uploadModelFile,
} from '#domains/models/index'
import { implement } from '../implement.ts'
import { modelsApi } from '../wire/models.ts'

export const modelsOperations = implement('models', modelsApi, {
  listModels: (ctx, { params, query }) => listModels(ctx, { ...params, ...query }),
  declareModel: (ctx, { params, body }) => declareModel(ctx, { ...params, ...body }),
  getModel: (ctx, { params }) => getModel(ctx, params),
  uploadModelFile: (ctx, { params, query, body, signal }) =>
    uploadModelFile(ctx, { ...params, ...query, content: body, signal }),
  registerVersion: (ctx, { params, body }) => registerVersion(ctx, { ...params, ...body }),
  listVersions: (ctx, { params, query }) => listVersions(ctx, { ...params, ...query }),
  getVersion: (ctx, { params }) => getVersion(ctx, params),
  downloadVersionFile: async (ctx, { params, query }) => {
    const file = await openVersionFile(ctx, { ...params, ...query })
    return {
      contentType: 'application/octet-stream',
      sizeBytes: file.sizeBytes,
      etag: file.sha256,
      fileName: file.path.split('/').at(-1) ?? 'file',
      content: file.content,
    }
  },
  getProfile: (ctx, { params }) => getProfile(ctx, params),
  recordEvaluation: (ctx, { params, body }) =>
    recordEvaluation(ctx, { ...params, evaluation: body }),
  getEvaluation: (ctx, { params }) => getEvaluation(ctx, params),
  evaluateGate: (ctx, { params }) => evaluateGate(ctx, params),
  listGateDecisions: (ctx, { params }) => listGateDecisions(ctx, params),
  setAlias: (ctx, { params, body }) => setAlias(ctx, { ...params, ...body }),
  removeAlias: (ctx, { params, query }) => removeAlias(ctx, { ...params, ...query }),
  aliasesAt: (ctx, { params, query }) => aliasesAt(ctx, { ...params, ...query }),
  listAliasMoves: (ctx, { params, query }) => listAliasMoves(ctx, { ...params, ...query }),
  compareVersions: (ctx, { params, query }) => compareVersions(ctx, { ...params, ...query }),
})
