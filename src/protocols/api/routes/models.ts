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
  openAliasArchive,
  openAliasFile,
  type OpenedFile,
  openVersionArchive,
  openVersionFile,
  recordEvaluation,
  registerVersion,
  removeAlias,
  setAlias,
  uploadModelFile,
  type VersionArchive,
} from '#domains/models/index'
import type { BytesAnswer } from '../../http/bytes-answer.ts'
import { implement } from '../implement.ts'
import { modelsApi } from '../wire/models.ts'

function fileAnswer(file: OpenedFile): BytesAnswer {
  return {
    contentType: 'application/octet-stream',
    sizeBytes: file.sizeBytes,
    etag: file.sha256,
    fileName: file.path.split('/').at(-1) ?? 'file',
    content: file.content,
  }
}

function archiveAnswer(archive: VersionArchive): BytesAnswer {
  return {
    contentType: 'application/x-tar',
    sizeBytes: archive.sizeBytes,
    etag: archive.etag,
    fileName: `${archive.model}-v${archive.version}.tar`,
    content: archive.read,
  }
}

export const modelsOperations = implement('models', modelsApi, {
  listModels: (ctx, { params, query }) => listModels(ctx, { ...params, ...query }),
  declareModel: (ctx, { params, body }) => declareModel(ctx, { ...params, ...body }),
  getModel: (ctx, { params }) => getModel(ctx, params),
  uploadModelFile: (ctx, { params, query, body, signal }) =>
    uploadModelFile(ctx, { ...params, ...query, content: body, signal }),
  registerVersion: (ctx, { params, body }) => registerVersion(ctx, { ...params, ...body }),
  listVersions: (ctx, { params, query }) => listVersions(ctx, { ...params, ...query }),
  getVersion: (ctx, { params }) => getVersion(ctx, params),
  downloadVersionFile: async (ctx, { params, query }) =>
    fileAnswer(await openVersionFile(ctx, { ...params, ...query })),
  downloadVersionArchive: async (ctx, { params }) =>
    archiveAnswer(await openVersionArchive(ctx, params)),
  downloadAliasFile: async (ctx, { params, query }) =>
    fileAnswer(await openAliasFile(ctx, { ...params, ...query })),
  downloadAliasArchive: async (ctx, { params }) =>
    archiveAnswer(await openAliasArchive(ctx, params)),
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
