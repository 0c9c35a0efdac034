import {
  cancelExecution,
  compareCode,
  declarePipeline,
  declareTrigger,
  finishExecution,
  fireTrigger,
  getExecution,
  getPipeline,
  listExecutions,
  listPipelines,
  listTriggers,
  readStageLog,
  removeTrigger,
  reportExecution,
  reportStage,
  startExecution,
} from '#domains/pipelines/index'
import { implement } from '../implement.ts'
import { pipelinesApi } from '../wire/pipelines.ts'

export const pipelinesOperations = implement('pipelines', pipelinesApi, {
  compareCode: (ctx, { params, query }) => compareCode(ctx, { ...params, ...query }),
  listPipelines: (ctx, { params }) => listPipelines(ctx, params),
  declarePipeline: (ctx, { params, body }) => declarePipeline(ctx, { ...params, ...body }),
  getPipeline: (ctx, { params }) => getPipeline(ctx, params),
  startExecution: (ctx, { params, body }) => startExecution(ctx, { ...params, ...body }),
  reportExecution: (ctx, { params, body }) => reportExecution(ctx, { ...params, ...body }),
  listExecutions: (ctx, { params, query }) => listExecutions(ctx, { ...params, ...query }),
  getExecution: (ctx, { params }) => getExecution(ctx, params),
  cancelExecution: (ctx, { params, body }) => cancelExecution(ctx, { ...params, ...body }),
  readStageLog: (ctx, { params, query }) => readStageLog(ctx, { ...params, ...query }),
  reportStage: (ctx, { params, body }) => reportStage(ctx, { ...params, ...body }),
  finishExecution: (ctx, { params, body }) => finishExecution(ctx, { ...params, ...body }),
  listTriggers: (ctx, { params }) => listTriggers(ctx, params),
  declareTrigger: (ctx, { params, body }) => declareTrigger(ctx, { ...params, ...body }),
  removeTrigger: (ctx, { params }) => removeTrigger(ctx, params),
  fireTrigger: (ctx, { params, body }) => fireTrigger(ctx, { ...params, ...body }),
})
