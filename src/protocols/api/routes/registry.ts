import { deleteUnservedModel, deleteUnservedVersion } from '#domains/deployments/index'
import {
  createModel,
  getLicence,
  listReviews,
  listStageMoves,
  pointersAt,
  renameModel,
  reviewVersion,
  setStage,
  updateModel,
  updateVersion,
  writeCard,
} from '#domains/models/index'
import { implement } from '../implement.ts'
import { registryApi } from '../wire/registry.ts'

export const registryOperations = implement('registry', registryApi, {
  createModel: (ctx, { params, body }) => createModel(ctx, { ...params, ...body }),
  updateModel: (ctx, { params, body }) => updateModel(ctx, { ...params, ...body }),
  renameModel: (ctx, { params, body }) => renameModel(ctx, { ...params, ...body }),
  deleteModel: (ctx, { params }) => deleteUnservedModel(ctx, params),
  updateVersion: (ctx, { params, body }) => updateVersion(ctx, { ...params, ...body }),
  getLicence: (ctx, { params }) => getLicence(ctx, params),
  getCard: async (ctx, { params }) => {
    const content = new TextEncoder().encode(await writeCard(ctx, params))
    return {
      contentType: 'text/markdown; charset=utf-8',
      sizeBytes: content.length,
      fileName: `${params.model}-card.md`,
      content,
    }
  },
  deleteVersion: (ctx, { params }) => deleteUnservedVersion(ctx, params),
  setStage: (ctx, { params, body }) => setStage(ctx, { ...params, ...body }),
  reviewVersion: (ctx, { params, body }) => reviewVersion(ctx, { ...params, ...body }),
  listReviews: (ctx, { params }) => listReviews(ctx, params),
  pointersAt: (ctx, { params, query }) => pointersAt(ctx, { ...params, ...query }),
  listStageMoves: (ctx, { params, query }) => listStageMoves(ctx, { ...params, ...query }),
})
