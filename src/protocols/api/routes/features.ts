import {
  applyFeaturesDeclaration,
  checkConsistency,
  downloadTrainingSet,
  getService,
  getTrainingSet,
  getView,
  joinFeatures,
  listConsistencyChecks,
  listEntities,
  listServices,
  listTrainingSets,
  listViews,
  type LookedUp,
  lookupFeatures,
  materializeService,
  type OnlineFeatures,
} from '#domains/features/index'
import { implement, type Operation } from '../implement.ts'
import { featuresApi } from '../wire/features.ts'

/** Features; `online` is this process's view of the online store. */
export function createFeaturesOperations(online: OnlineFeatures): Operation[] {
  return implement('features', featuresApi, {
    apply: (ctx, { params, body }) => applyFeaturesDeclaration(ctx, { ...params, ...body }),
    listEntities: async (ctx, { params }) => ({ items: await listEntities(ctx, params) }),
    listViews: async (ctx, { params, query }) => ({
      items: await listViews(ctx, { ...params, ...query }),
    }),
    getView: (ctx, { params }) => getView(ctx, params),
    listServices: async (ctx, { params, query }) => ({
      items: await listServices(ctx, { ...params, ...query }),
    }),
    getService: (ctx, { params }) => getService(ctx, params),
    join: (ctx, { params, body, signal }) =>
      joinFeatures({ ...ctx, signal }, { ...params, spine: body }),
    listTrainingSets: async (ctx, { params, query }) => ({
      items: await listTrainingSets(ctx, { ...params, ...query }),
    }),
    getTrainingSet: (ctx, { params }) => getTrainingSet(ctx, params),
    downloadTrainingSet: async (ctx, { params }) => {
      const set = await downloadTrainingSet(ctx, params)
      return {
        contentType: 'application/vnd.apache.parquet',
        sizeBytes: set.sizeBytes,
        etag: set.sha256,
        fileName: `${set.service}-${set.id.slice(0, 12)}.parquet`,
        content: set.content,
      }
    },
    materialize: async (ctx, { params, body }) => ({
      items: await materializeService(ctx, { ...params, ...body }),
    }),
    lookup: async (ctx, { params, body }) => {
      const { columns, timestamps } = body
      const found = await lookupFeatures(ctx, online, { ...params, columns, timestamps })
      return shown(found)
    },
    check: (ctx, { params, body }) => checkConsistency(ctx, online, { ...params, ...body }),
    listChecks: async (ctx, { params, query }) => ({
      items: await listConsistencyChecks(ctx, { ...params, ...query }),
    }),
  })
}

/** JSON has no NaN. */
function shown({ names, columns, missing, rows }: LookedUp) {
  const values = columns.map((column) => Array.from(column, (x) => (Number.isNaN(x) ? null : x)))
  return {
    features: [...names],
    columns: Object.fromEntries(names.map((name, i) => [name, values[i] ?? []])),
    missing: Object.fromEntries(names.map((name, i) => [name, missing[i] ?? 0])),
    rows,
  }
}
