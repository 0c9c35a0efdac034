import { retireUnserved } from '#domains/deployments/index'
import {
  getModelRetention,
  holdModel,
  listModelHolds,
  purgeUnregisteredRuns,
  releaseModelHold,
  setModelRetention,
} from '#domains/models/index'
import { implement } from '../implement.ts'
import { retentionApi } from '../wire/retention.ts'

export const retentionOperations = implement('retention', retentionApi, {
  getModelRetention: (ctx, { params }) => getModelRetention(ctx, params),
  setModelRetention: (ctx, { params, body }) => setModelRetention(ctx, { ...params, ...body }),
  retireVersions: (ctx, { params, body }) => retireUnserved(ctx, { ...params, ...body }),
  purgeRuns: (ctx, { params, body: { olderThanMs, ...body } }) =>
    purgeUnregisteredRuns(ctx, {
      ...params,
      ...body,
      deletedBefore: ctx.clock() - olderThanMs + 1,
    }),
  listModelHolds: (ctx, { params }) => listModelHolds(ctx, params),
  holdModel: (ctx, { params, body }) => holdModel(ctx, { ...params, ...body }),
  releaseModelHold: (ctx, { params, body }) => releaseModelHold(ctx, { ...params, ...body }),
})
