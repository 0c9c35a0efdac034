import { notFound } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { authorize, type Context } from '#domains/access/index'
import {
  type AlertsReader,
  deliveryColumns,
  readAlerts,
  webhookColumns,
  type WebhookDeliveryRow,
  type WebhookRow,
} from './store.ts'

export type WebhookStatus = 'active' | 'disabled'

/** Who is told of what. Its secret is told to nobody. */
export interface Webhook {
  id: string
  name: string
  url: string
  description: string
  /** `model_version.created` and others in MLflow's words, or verbs of the journal. */
  events: string[]
  status: WebhookStatus
  signed: boolean
  createdAt: number
  updatedAt: number
}

export interface WebhookDelivery {
  /** Stays the same however often it is sent: the receiver tells a repeat by it. */
  id: string
  event: string
  /** The journal record that it tells of. */
  record: number
  state: 'queued' | 'delivered' | 'failed' | 'dropped'
  attempts: number
  responseStatus: number | null
  responseBody: string | null
  error: string | null
  createdAt: number
  updatedAt: number
}

export function webhookFromRow(row: WebhookRow): Webhook {
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    description: row.description,
    events: parseStored<string[]>(row.events),
    status: row.status as WebhookStatus,
    signed: row.secret !== null,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** The row of a webhook that is not deleted. Errors: `not_found`. */
export async function findWebhook(
  db: AlertsReader,
  project: string,
  id: string,
): Promise<WebhookRow> {
  const row = await db
    .selectFrom('webhooks')
    .select(webhookColumns)
    .where('id', '=', id)
    .where('project', '=', project)
    .where('state', '=', 'active')
    .executeTakeFirst()
  if (row !== undefined) return row
  throw notFound('webhook', id.slice(0, 100))
}

/** A webhook. Errors: `not_found`. */
export async function getWebhook(
  ctx: Context,
  input: { project: string; webhook: string },
): Promise<Webhook> {
  authorize(ctx, 'viewer', input.project)
  return webhookFromRow(await findWebhook(readAlerts(ctx), input.project, input.webhook))
}

/** The webhooks of a project, newest first. */
export async function listWebhooks(
  ctx: Context,
  input: { project: string; limit: number; offset: number },
): Promise<{ items: Webhook[]; more: boolean }> {
  authorize(ctx, 'viewer', input.project)
  const rows = await readAlerts(ctx)
    .selectFrom('webhooks')
    .select(webhookColumns)
    .where('project', '=', input.project)
    .where('state', '=', 'active')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(input.limit + 1)
    .offset(input.offset)
    .execute()
  const items = rows.slice(0, input.limit).map(webhookFromRow)
  return { items, more: rows.length > input.limit }
}

/** The last 1,000 deliveries of a webhook, newest first, also of a deleted one. */
export async function listDeliveries(
  ctx: Context,
  input: { project: string; webhook: string },
): Promise<{ items: WebhookDelivery[] }> {
  authorize(ctx, 'viewer', input.project)
  const rows = await readAlerts(ctx)
    .selectFrom('webhook_deliveries')
    .select(deliveryColumns)
    .where('project', '=', input.project)
    .where('webhook', '=', input.webhook)
    .orderBy('id', 'desc')
    .limit(1000)
    .execute()
  return { items: rows.map(deliveryFromRow) }
}

function deliveryFromRow(row: WebhookDeliveryRow): WebhookDelivery {
  return {
    id: row.id,
    event: row.event,
    record: row.record,
    state: row.state as WebhookDelivery['state'],
    attempts: row.attempts,
    responseStatus: row.response_status,
    responseBody: row.response_body,
    error: row.error,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
