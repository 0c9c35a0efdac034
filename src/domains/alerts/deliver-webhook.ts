import { asGyreError, invalid } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import type { NoticeAnswer } from '#ports/notify/notify'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { deliveryBody, deliveryJob } from './queue-deliveries.ts'
import {
  type AlertsTables,
  deliveryColumns,
  readAlerts,
  webhookColumns,
  type WebhookDeliveryRow,
  type WebhookRow,
} from './store.ts'
import { findWebhook } from './webhook.ts'
import { exampleData } from './webhook-events.ts'

/** What became of an attempt. */
interface Attempt {
  answer: NoticeAnswer | null
  error: string | null
}

/**
 * Sends a delivery that is queued. Where the receiver cannot just now (no answer, 429, 5xx) it is
 * queued again, later each time and as late as `Retry-After` asks, until the installation's attempts
 * are used up. What became of it is written down, together with the next attempt. Gives that in
 * words. Errors: `conflict` when the job is another worker's by now.
 */
export async function deliverWebhook(
  ctx: Context,
  input: { project: string; delivery: string },
): Promise<string> {
  authorize(ctx, 'operator', input.project)
  const delivery = await findDelivery(ctx, input.project, input.delivery)
  if (delivery?.state !== 'queued') return 'It was dealt with before.'
  const webhook = await webhookOf(ctx, delivery)
  if (webhook === undefined) {
    await settle(ctx, delivery, { state: 'dropped', error: 'The webhook was deleted or disabled.' })
    return 'The webhook was deleted or disabled.'
  }
  const attempt = await send(ctx, webhook, delivery.id, delivery.body)
  const attempts = delivery.attempts + 1
  const status = attempt.answer?.status ?? null
  const outcome = {
    attempts,
    error: attempt.error,
    response_status: status,
    response_body: attempt.answer?.body.replaceAll('\u0000', '').slice(0, 2000) ?? null,
  }
  const again = mayRetry(attempt) && attempts < ctx.notify.attempts
  if (!again) {
    const state = status !== null && status < 400 ? 'delivered' : 'failed'
    await settle(ctx, delivery, { ...outcome, state })
    return `${state} at attempt ${attempts}: ${status ?? attempt.error}`
  }
  const delayMs = attempt.answer?.retryAfterMs ?? backOffMs(ctx, delivery.id, attempts)
  await settle(ctx, delivery, outcome, ctx.clock() + delayMs)
  return `Attempt ${attempts} failed (${status ?? attempt.error}); again in ${delayMs} ms.`
}

/** Tries a webhook with example data, once and at once. Errors: `not_found`, `invalid` (no such event). */
export async function testWebhook(
  ctx: Context,
  input: { project: string; webhook: string; event?: string | undefined },
): Promise<{ success: boolean; status: number | null; body: string | null; error: string | null }> {
  authorize(ctx, 'operator', input.project)
  const webhook = await findWebhook(readAlerts(ctx), input.project, input.webhook)
  const event = input.event ?? parseStored<string[]>(webhook.events)[0] ?? ''
  const data = Object.hasOwn(exampleData, event) ? exampleData[event] : { example: true }
  if (data === undefined) throw invalid(`There is no event ${event}.`)
  const body = deliveryBody(input.project, { event, data }, ctx.clock())
  const { answer, error } = await send(ctx, webhook, ctx.newId(), body)
  const status = answer?.status ?? null
  return {
    success: status !== null && status < 400,
    status,
    body: answer?.body ?? null,
    error: error === null ? null : `Failed to test webhook: ${error}`,
  }
}

/** Signed as MLflow's receivers check it: HMAC-SHA256 of id, second and body. */
async function send(ctx: Context, webhook: WebhookRow, id: string, body: string): Promise<Attempt> {
  const deliveryId =
    [...id.matchAll(/^(.{8})(.{4})(.{4})(.{4})(.*)$/g)][0]?.slice(1).join('-') ?? id
  const seconds = String(Math.floor(ctx.clock() / 1000))
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-mlflow-delivery-id': deliveryId,
    'x-mlflow-timestamp': seconds,
  }
  try {
    if (webhook.secret !== null) {
      const key = ctx.secrets.open(webhook.secret, `webhook:${webhook.id}`)
      const signature = ctx.hmac(key, `${deliveryId}.${seconds}.${body}`)
      headers['x-mlflow-signature'] = `v1,${signature}`
    }
    const signal = ctx.signal === undefined ? {} : { signal: ctx.signal }
    return {
      answer: await ctx.notify.send({ url: webhook.url, headers, body, ...signal }),
      error: null,
    }
  } catch (thrown) {
    // Stopping is no failure of the receiver: the job is put back as it was.
    ctx.signal?.throwIfAborted()
    const error = asGyreError(thrown)
    if (error.code === 'internal') throw error
    return { answer: null, error: error.public }
  }
}

function mayRetry({ answer }: Attempt): boolean {
  return answer === null || [429, 500, 502, 503, 504].includes(answer.status)
}

const longestBackOffMs = 300_000

/** Twice as long each time, and a little apart from the others that failed with it. */
function backOffMs(ctx: Context, delivery: string, attempts: number): number {
  const apart = Number.parseInt(ctx.digest(`${delivery} ${attempts}`).slice(0, 4), 16) / 0xffff
  return Math.min(1000 * 2 ** (attempts - 1), longestBackOffMs) + Math.round(apart * 500)
}

async function findDelivery(
  ctx: Context,
  project: string,
  id: string,
): Promise<WebhookDeliveryRow | undefined> {
  return readAlerts(ctx)
    .selectFrom('webhook_deliveries')
    .select(deliveryColumns)
    .where('id', '=', id)
    .where('project', '=', project)
    .executeTakeFirst()
}

async function webhookOf(
  ctx: Context,
  { project, webhook }: WebhookDeliveryRow,
): Promise<WebhookRow | undefined> {
  return readAlerts(ctx)
    .selectFrom('webhooks')
    .select(webhookColumns)
    .where('id', '=', webhook)
    .where('project', '=', project)
    .where('state', '=', 'active')
    .where('status', '=', 'active')
    .executeTakeFirst()
}

/** Writes down what became of it and queues the next attempt, both or neither. */
async function settle(
  ctx: Context,
  { id, project }: WebhookDeliveryRow,
  outcome: Partial<WebhookDeliveryRow>,
  nextAt?: number,
): Promise<void> {
  await commit(ctx, async (change) => {
    await change
      .sql<AlertsTables>()
      .updateTable('webhook_deliveries')
      .set({ ...outcome, updated_at: ctx.clock() })
      .where('id', '=', id)
      .execute()
    if (nextAt === undefined) return
    const key = `${id}/${outcome.attempts ?? 0}`
    const payload = { project, delivery: id }
    change.enqueue({ kind: deliveryJob, project, payload, key, runAt: nextAt })
  })
}
