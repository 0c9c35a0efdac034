import { parseStored } from '#kernel/json'
import { formatInstant } from '#kernel/time'
import { authorize, type Context } from '#domains/access/index'
import { commit, type JournalRecord } from '#domains/journal/index'
import { type AlertsTables, readAlerts, webhookColumns, type WebhookDeliveryRow } from './store.ts'
import { type WebhookEvent, webhookEventsOf } from './webhook-events.ts'

/** The job that tells one webhook of one event. */
export const deliveryJob = 'webhook.deliver'

/**
 * Queues what the webhooks of the record's project are to be told of it. A delivery exists once for
 * a record and event, however often the record is handed over, and is queued in the same
 * transaction. A webhook is told of nothing that was before it.
 */
export async function queueDeliveries(ctx: Context, record: JournalRecord): Promise<void> {
  authorize(ctx, 'editor', record.project)
  const { project } = record
  const events = webhookEventsOf(record)
  const rows = await readAlerts(ctx)
    .selectFrom('webhooks')
    .select(webhookColumns)
    .where('project', '=', project)
    .where('state', '=', 'active')
    .where('status', '=', 'active')
    .where('created_at', '<=', record.at)
    .orderBy('created_at')
    .execute()
  const deliveries = rows.flatMap((row) => {
    const wanted = parseStored<string[]>(row.events)
    return events.flatMap((event, number) =>
      wanted.includes(event.event) ? [newDelivery(ctx, row.id, record, number, event)] : [],
    )
  })
  if (deliveries.length === 0) return
  await commit(ctx, async (change) => {
    const added = await change
      .sql<AlertsTables>()
      .insertInto('webhook_deliveries')
      .values(deliveries)
      .onConflict((c) => c.doNothing())
      .returning('id')
      .execute()
    for (const { id } of added) {
      change.enqueue({ kind: deliveryJob, project, payload: { project, delivery: id }, key: id })
    }
  })
}

function newDelivery(
  ctx: Context,
  webhook: string,
  record: JournalRecord,
  number: number,
  event: WebhookEvent,
): WebhookDeliveryRow {
  const now = ctx.clock()
  return {
    id: ctx.newId(),
    project: record.project,
    webhook,
    record: record.seq,
    number,
    event: event.event,
    body: deliveryBody(record.project, event, record.at),
    state: 'queued',
    attempts: 0,
    response_status: null,
    response_body: null,
    error: null,
    created_at: now,
    updated_at: now,
  }
}

/** What is sent, as MLflow writes it. */
export function deliveryBody(project: string, { event, data }: WebhookEvent, at: number): string {
  const [entity, action] = event.split('.')
  const timestamp = formatInstant(at).replace('Z', '+00:00')
  return JSON.stringify({ entity, action, timestamp, data, workspace: project })
}
