import {
  compareColumn,
  declareMonitor,
  evaluateMonitor,
  getMonitor,
  getWindow,
  listMonitors,
  listWindows,
} from '#domains/monitors/index'
import { implement } from '../implement.ts'
import { monitorsApi } from '../wire/monitors.ts'

export const monitorsOperations = implement('monitors', monitorsApi, {
  listMonitors: (ctx, { params }) => listMonitors(ctx, params),
  declareMonitor: (ctx, { params, body }) => declareMonitor(ctx, { ...params, settings: body }),
  getMonitor: (ctx, { params }) => getMonitor(ctx, params),
  listWindows: (ctx, { params, query }) => listWindows(ctx, { ...params, ...query }),
  getWindow: (ctx, { params }) => getWindow(ctx, params),
  compareColumn: (ctx, { params }) => compareColumn(ctx, params),
  evaluateMonitor: (ctx, { params, body }) => evaluateMonitor(ctx, { ...params, ...body }),
})
