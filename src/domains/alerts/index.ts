export { alertMetrics } from './alert-metrics.ts'
export { followRecord } from './follow-record.ts'
export type { Alarm, Incident } from './incident.ts'
export { countIncidents, getIncident, listAlarms, listIncidents } from './list-incidents.ts'
export { type NewAlarm, raiseAlarm } from './raise-alarm.ts'
export { acknowledgeIncident, resolveIncident } from './settle-incident.ts'
export type { AlertsTables } from './store.ts'
export {
  createWebhook,
  deleteWebhook,
  type NewWebhook,
  updateWebhook,
  type WebhookChange,
} from './change-webhook.ts'
export { deliverWebhook, testWebhook } from './deliver-webhook.ts'
export { forgetDeliveries } from './forget-deliveries.ts'
export { deliveryJob, queueDeliveries } from './queue-deliveries.ts'
export {
  getWebhook,
  listDeliveries,
  listWebhooks,
  type Webhook,
  type WebhookDelivery,
  type WebhookStatus,
} from './webhook.ts'
