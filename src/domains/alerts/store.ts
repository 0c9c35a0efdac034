import type { Kysely, Transaction } from 'kysely'
import type { Platform } from '#domains/access/index'

export interface AlarmRow {
  id: string
  project: string
  incident: string
  source: string
  kind: string
  severity: string
  text: string
  evidence: string
  detail: string
  at: number
  /** What reported it: raising twice for the same report changes nothing. */
  report: string
}

export interface IncidentRow {
  id: string
  project: string
  source: string
  kind: string
  severity: string
  state: string
  text: string
  alarms: number
  evidence: string
  opened_at: number
  last_alarm_at: number
  acknowledged_at: number | null
  acknowledged_by: string | null
  resolved_at: number | null
  resolved_by: string | null
  note: string | null
  /** `project/source/kind` until it is resolved: unique, so that a cause has one incident. */
  open_key: string | null
}

export interface WebhookRow {
  id: string
  project: string
  name: string
  url: string
  description: string
  /** Sealed for `webhook:<id>`; null: what is sent is not signed. */
  secret: string | null
  events: string
  /** `active` or `disabled`. */
  status: string
  /** `deleted`: kept for its deliveries. */
  state: string
  created_at: number
  created_by: string
  updated_at: number
}

/** One event for one webhook: once for a record, however often the record is handed over. */
export interface WebhookDeliveryRow {
  id: string
  project: string
  webhook: string
  record: number
  /** Among the events of the record. */
  number: number
  event: string
  body: string
  state: string
  attempts: number
  response_status: number | null
  response_body: string | null
  error: string | null
  created_at: number
  updated_at: number
}

export interface AlertsTables {
  webhooks: WebhookRow
  webhook_deliveries: WebhookDeliveryRow
  alarms: AlarmRow
  incidents: IncidentRow
}

export type AlertsTransaction = Transaction<AlertsTables>
/** Inside a change or outside of one. */
export type AlertsReader = Kysely<AlertsTables>

export const alarmColumns = [
  'id',
  'project',
  'incident',
  'source',
  'kind',
  'severity',
  'text',
  'evidence',
  'detail',
  'at',
  'report',
] as const satisfies readonly (keyof AlarmRow)[]

export const incidentColumns = [
  'id',
  'project',
  'source',
  'kind',
  'severity',
  'state',
  'text',
  'alarms',
  'evidence',
  'opened_at',
  'last_alarm_at',
  'acknowledged_at',
  'acknowledged_by',
  'resolved_at',
  'resolved_by',
  'note',
  'open_key',
] as const satisfies readonly (keyof IncidentRow)[]

export const webhookColumns = [
  'id',
  'project',
  'name',
  'url',
  'description',
  'secret',
  'events',
  'status',
  'state',
  'created_at',
  'created_by',
  'updated_at',
] as const satisfies readonly (keyof WebhookRow)[]

export const deliveryColumns = [
  'id',
  'project',
  'webhook',
  'record',
  'number',
  'event',
  'body',
  'state',
  'attempts',
  'response_status',
  'response_body',
  'error',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof WebhookDeliveryRow)[]

export function readAlerts(platform: Pick<Platform, 'tables'>): AlertsReader {
  return platform.tables.read<AlertsTables>()
}
