import {
  acknowledgeIncident,
  countIncidents,
  getIncident,
  listAlarms,
  listIncidents,
  raiseAlarm,
  resolveIncident,
} from '#domains/alerts/index'
import { implement } from '../implement.ts'
import { alertsApi } from '../wire/alerts.ts'

export const alertsOperations = implement('alerts', alertsApi, {
  listIncidents: (ctx, { params, query }) => listIncidents(ctx, { ...params, ...query }),
  countIncidents: (ctx, { params }) => countIncidents(ctx, params),
  getIncident: (ctx, { params }) => getIncident(ctx, params),
  acknowledgeIncident: (ctx, { params, body }) => acknowledgeIncident(ctx, { ...params, ...body }),
  resolveIncident: (ctx, { params, body }) => resolveIncident(ctx, { ...params, ...body }),
  raiseAlarm: (ctx, { params, body }) => raiseAlarm(ctx, { ...params, ...body }),
  listAlarms: (ctx, { params, query }) => listAlarms(ctx, { ...params, ...query }),
})
