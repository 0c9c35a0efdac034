import { importModel } from '#domains/models/index'
import {
  importExperiment,
  importLoggedModel,
  importRun,
  listImported,
  noteImported,
} from '#domains/runs/index'
import { implement } from '../implement.ts'
import { importsApi } from '../wire/imports.ts'

export const importsOperations = implement('imports', importsApi, {
  listImported: (ctx, { params }) => listImported(ctx, params),
  noteImported: (ctx, { params, body }) => noteImported(ctx, { ...params, ...body }),
  importExperiment: (ctx, { params, body }) => importExperiment(ctx, { ...params, ...body }),
  importLoggedModel: (ctx, { params, body }) => importLoggedModel(ctx, { ...params, ...body }),
  importModel: (ctx, { params, body }) => importModel(ctx, { ...params, ...body }),
  importRun: (ctx, { params, body }) => importRun(ctx, { ...params, ...body }),
})
