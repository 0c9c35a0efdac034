import { GyreError } from '#kernel/errors'
import {
  abortRollout,
  advanceRollout,
  declareEndpoint,
  getEndpoint,
  getRollout,
  listEndpoints,
  listLooks,
  listPredictions,
  listRollouts,
  postLabels,
  predict,
  promoteRollout,
  readTraffic,
  rollBack,
  type Serving,
  setShadow,
  startRollout,
} from '#domains/deployments/index'
import { implement, type Operation } from '../implement.ts'
import { deploymentsApi } from '../wire/deployments.ts'

/** Endpoints and their releases. Without `serving` this process predicts nothing itself. */
export function createDeploymentsOperations(serving: Serving | undefined): Operation[] {
  const flush = async (project: string, endpoint: string): Promise<void> => {
    await serving?.flush(project, endpoint)
  }
  return implement('deployments', deploymentsApi, {
    listEndpoints: (ctx, { params }) => listEndpoints(ctx, params),
    declareEndpoint: (ctx, { params, body }) => declareEndpoint(ctx, { ...params, ...body }),
    getEndpoint: (ctx, { params }) => getEndpoint(ctx, params, serving?.features),
    readTraffic: (ctx, { params, query }) => readTraffic(ctx, { ...params, ...query }),
    startRollout: (ctx, { params, body }) => startRollout(ctx, { ...params, ...body }),
    listRollouts: (ctx, { params, query }) => listRollouts(ctx, { ...params, ...query }),
    getRollout: (ctx, { params }) => getRollout(ctx, params),
    listLooks: (ctx, { params }) => listLooks(ctx, params),
    advanceRollout: async (ctx, { params }) => {
      const { endpoint } = await getRollout(ctx, params)
      await flush(params.project, endpoint)
      return (await advanceRollout(ctx, params)).rollout
    },
    promote: (ctx, { params, body }) => promoteRollout(ctx, { ...params, ...body }),
    rollback: (ctx, { params, body }) => rollBack(ctx, { ...params, ...body }),
    abort: (ctx, { params, body }) => abortRollout(ctx, { ...params, ...body }),
    setShadow: (ctx, { params, body }) => setShadow(ctx, { ...params, ...body }),
    predict: (ctx, { params, body }) => {
      if (serving === undefined) throw noGateway()
      return predict(ctx, serving, { ...params, ...body })
    },
    postLabels: (ctx, { params, body }) =>
      postLabels(ctx, { ...params, ...body }, () => flush(params.project, params.endpoint)),
    listPredictions: (ctx, { params, query }) =>
      listPredictions(ctx, { ...params, ...query }, () => flush(params.project, params.endpoint)),
  })
}

function noGateway(): GyreError {
  return new GyreError({
    code: 'unavailable',
    public:
      'This server answers no predictions: it has not the role "gateway". Ask one that has it.',
  })
}
