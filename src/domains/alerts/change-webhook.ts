import { invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import { type AlertsTables, type WebhookRow } from './store.ts'
import { findWebhook, type Webhook, webhookFromRow, type WebhookStatus } from './webhook.ts'

export interface NewWebhook {
  project: string
  name: string
  url: string
  /** `model_version.created` and others in MLflow's words, or verbs of the journal. */
  events: readonly string[]
  description?: string | undefined
  /** What is sent is signed with it, when it is not empty. */
  secret?: string | undefined
  status?: WebhookStatus | undefined
}

/**
 * Has somebody outside told of events, from the next one on. Needs the role operator, since it makes
 * this server call others. Errors: `invalid` (name, address, events).
 */
export async function createWebhook(ctx: Context, input: NewWebhook): Promise<Webhook> {
  authorize(ctx, 'operator', input.project)
  const now = ctx.clock()
  const id = ctx.newId()
  const row = checked(ctx, {
    id,
    project: input.project,
    name: input.name,
    url: input.url,
    description: input.description ?? '',
    secret: sealed(ctx, id, input.secret),
    events: JSON.stringify([...new Set(input.events)]),
    status: input.status ?? 'active',
    state: 'active',
    created_at: now,
    created_by: ctx.principal.name,
    updated_at: now,
  })
  await commit(ctx, async (change) => {
    await change.sql<AlertsTables>().insertInto('webhooks').values(row).execute()
    recordChange(change, 'webhook.created', row)
  })
  return webhookFromRow(row)
}

export interface WebhookChange {
  project: string
  webhook: string
  name?: string | undefined
  url?: string | undefined
  events?: readonly string[] | undefined
  description?: string | undefined
  /** Empty removes it. */
  secret?: string | undefined
  status?: WebhookStatus | undefined
}

/** Changes a webhook; what is left out stays, an empty secret removes it. Errors: `not_found`, `invalid`. */
export async function updateWebhook(ctx: Context, input: WebhookChange): Promise<Webhook> {
  authorize(ctx, 'operator', input.project)
  return commit(ctx, async (change) => {
    const db = change.sql<AlertsTables>()
    const row = await findWebhook(db, input.project, input.webhook)
    const next = checked(ctx, {
      ...row,
      name: input.name ?? row.name,
      url: input.url ?? row.url,
      description: input.description ?? row.description,
      secret: input.secret === undefined ? row.secret : sealed(ctx, row.id, input.secret),
      events: input.events === undefined ? row.events : JSON.stringify([...new Set(input.events)]),
      status: input.status ?? row.status,
      // Later than before, also within one millisecond.
      updated_at: Math.max(ctx.clock(), row.updated_at + 1),
    })
    const { id: _id, project: _project, ...values } = next
    await db.updateTable('webhooks').set(values).where('id', '=', row.id).execute()
    recordChange(change, 'webhook.updated', next)
    return webhookFromRow(next)
  })
}

/** Tells it nothing from now on; its deliveries can still be looked at. Errors: `not_found`. */
export async function deleteWebhook(
  ctx: Context,
  input: { project: string; webhook: string },
): Promise<void> {
  authorize(ctx, 'operator', input.project)
  await commit(ctx, async (change) => {
    const db = change.sql<AlertsTables>()
    const row = await findWebhook(db, input.project, input.webhook)
    await db
      .updateTable('webhooks')
      .set({ state: 'deleted', secret: null, updated_at: ctx.clock() })
      .where('id', '=', row.id)
      .execute()
    recordChange(change, 'webhook.deleted', row)
  })
}

const longestText = 5000

function checked(ctx: Context, row: WebhookRow): WebhookRow {
  if (!/^(?=.{1,63}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(row.name)) {
    throw invalid(
      `Webhook name ${JSON.stringify(row.name.slice(0, 100))} is invalid. It must start and end with a letter or digit, ` +
        'be less than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).',
    )
  }
  ctx.notify.check(row.url)
  const events = JSON.parse(row.events) as string[]
  if (events.length === 0 || events.length > 100) throw invalid('A webhook has 1 to 100 events.')
  const wrong = events.find((event) => !/^[a-z][a-z_-]{0,99}\.[a-z][a-z_-]{0,99}$/.test(event))
  if (wrong !== undefined) {
    throw invalid(
      `${JSON.stringify(wrong.slice(0, 200))} is not an event. Write model_version.created, incident.opened and the like.`,
    )
  }
  for (const text of [row.url, row.description]) {
    if (text.length > longestText || text.includes('\u0000')) {
      throw invalid(`Addresses and descriptions have at most ${longestText} characters.`)
    }
  }
  return row
}

function sealed(ctx: Context, id: string, secret: string | undefined): string | null {
  if (secret === undefined || secret === '') return null
  if (secret.length > longestText) throw invalid(`A secret has at most ${longestText} characters.`)
  return ctx.secrets.seal(secret, `webhook:${id}`)
}

/** Neither the secret nor what an address may hold of one. */
function recordChange(change: Change, verb: string, row: WebhookRow): void {
  change.record({
    verb,
    subject: subject('webhook', row.id),
    project: row.project,
    detail: {
      name: row.name,
      host: new URL(row.url).host,
      events: JSON.parse(row.events),
      status: row.status,
      signed: row.secret !== null,
    },
  })
}
