import {
  collectGarbage,
  describeHistory,
  describeStore,
  describeUsage,
  explainBlob,
  explainRetention,
  getRetention,
  holdDataset,
  listHolds,
  releaseHold,
  scrubStore,
  setRetention,
} from '#domains/data/index'
import { implement } from '../implement.ts'
import { storeApi } from '../wire/store.ts'

export const storeOperations = implement('store', storeApi, {
  describeStore: (ctx) => describeStore(ctx),
  collectGarbage: (ctx, { body }) => collectGarbage(ctx, body),
  scrubStore: (ctx, { body, signal }) => scrubStore({ ...ctx, signal }, body),
  explainBlob: (ctx, { params }) => explainBlob(ctx, params),
  describeHistory: (ctx, { params, query }) => describeHistory(ctx, { ...params, ...query }),
  describeUsage: (ctx, { params }) => describeUsage(ctx, params),
  explainRetention: (ctx, { params, body }) => explainRetention(ctx, { ...params, ...body }),
  listHolds: async (ctx, { params }) => ({ items: await listHolds(ctx, params) }),
  holdDataset: (ctx, { params, body }) => holdDataset(ctx, { ...params, ...body }),
  releaseHold: (ctx, { params, body }) => releaseHold(ctx, { ...params, ...body }),
  getRetention: (ctx, { params }) => getRetention(ctx, params),
  setRetention: (ctx, { params, body }) => setRetention(ctx, { ...params, ...body }),
})
