import { offsetOf, offsetToken } from '#kernel/page-token'
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
  testWebhook,
  updateWebhook,
  type Webhook,
} from '#domains/alerts/index'
import { mlflowError } from './errors.ts'
import { enumeration, int64, list, message, type Read, required, text } from './fields.ts'
import { orMissing } from './registry-wire.ts'
import { type Call, route } from './route.ts'
import { unlessEmpty } from './wire.ts'

const entity = enumeration({
  REGISTERED_MODEL: 1,
  MODEL_VERSION: 2,
  MODEL_VERSION_TAG: 3,
  MODEL_VERSION_ALIAS: 4,
  PROMPT: 5,
  PROMPT_VERSION: 6,
  PROMPT_TAG: 7,
  PROMPT_VERSION_TAG: 8,
  PROMPT_ALIAS: 9,
  BUDGET_POLICY: 10,
})
const action = enumeration({ CREATED: 1, UPDATED: 2, DELETED: 3, SET: 4, EXCEEDED: 5 })
const eventFields = { entity, action }
const event = message(eventFields)
const status = enumeration({ ACTIVE: 1, DISABLED: 2 })

/** Which actions there are of what. */
const actions: Readonly<Record<string, readonly string[]>> = {
  registered_model: ['created'],
  model_version: ['created'],
  model_version_tag: ['set', 'deleted'],
  model_version_alias: ['created', 'deleted'],
  prompt: ['created'],
  prompt_version: ['created'],
  prompt_tag: ['set', 'deleted'],
  prompt_version_tag: ['set', 'deleted'],
  prompt_alias: ['created', 'deleted'],
  budget_policy: ['exceeded'],
}

export const webhookRoutes = [
  route(
    'POST',
    'webhooks',
    {
      name: required(text),
      url: required(text),
      events: required(list(event)),
      description: text,
      secret: text,
      status,
    },
    async ({ ctx, project, input }) => {
      const webhook = await createWebhook(ctx, {
        project,
        name: input.name,
        url: input.url,
        events: input.events.map(eventFrom),
        description: input.description,
        secret: input.secret,
        status: statusFrom(input.status),
      })
      return { webhook: webhookOf(webhook) }
    },
  ),
  route(
    'GET',
    'webhooks',
    { max_results: int64, page_token: text },
    async ({ ctx, project, input }) => {
      const limit = input.max_results || 100
      if (limit < 1 || limit > 1000) {
        throw mlflowError('INVALID_PARAMETER_VALUE', 'max_results must be between 1 and 1000.')
      }
      const offset = offsetOf(input.page_token)
      const { items, more } = await listWebhooks(ctx, { project, limit, offset })
      return {
        webhooks: unlessEmpty(items.map(webhookOf)),
        next_page_token: more ? offsetToken(offset + limit) : undefined,
      }
    },
  ),
  route('GET', 'webhooks/:webhook', {}, async (call) => {
    const { at, missing } = addressOf(call)
    return { webhook: webhookOf(await orMissing(getWebhook(call.ctx, at), missing)) }
  }),
  route(
    'PATCH',
    'webhooks/:webhook',
    { name: text, description: text, url: text, events: list(event), secret: text, status },
    async (call) => {
      const { at, missing } = addressOf(call)
      const { name, description, url, events, secret } = call.input
      const webhook = await orMissing(
        updateWebhook(call.ctx, {
          ...at,
          ...(name ? { name } : {}),
          ...(url ? { url } : {}),
          ...(description === undefined ? {} : { description }),
          ...(secret === undefined ? {} : { secret }),
          ...(events.length === 0 ? {} : { events: events.map(eventFrom) }),
          ...(call.input.status === undefined ? {} : { status: statusFrom(call.input.status) }),
        }),
        missing,
      )
      return { webhook: webhookOf(webhook) }
    },
  ),
  route('DELETE', 'webhooks/:webhook', {}, async (call) => {
    const { at, missing } = addressOf(call)
    await orMissing(deleteWebhook(call.ctx, at), missing)
    return {}
  }),
  route('POST', 'webhooks/:webhook/test', { event }, async (call) => {
    const { at, missing } = addressOf(call)
    const given = call.input.event === undefined ? undefined : eventFrom(call.input.event)
    const result = await orMissing(testWebhook(call.ctx, { ...at, event: given }), missing)
    return {
      result: {
        success: result.success,
        response_status: result.status ?? undefined,
        response_body: result.body ?? undefined,
        error_message: result.error ?? undefined,
      },
    }
  }),
]

function addressOf({ project, params }: Pick<Call, 'project' | 'params'>) {
  const webhook = params['webhook'] ?? ''
  return {
    at: { project, webhook },
    missing: `Webhook with ID ${webhook.slice(0, 200)} not found.`,
  }
}

function eventFrom(given: Read<typeof eventFields>): string {
  const [of, what] = [given.entity?.toLowerCase() ?? '', given.action?.toLowerCase() ?? '']
  const valid = Object.hasOwn(actions, of) ? (actions[of] ?? []) : []
  if (valid.includes(what)) return `${of}.${what}`
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    `Invalid action '${what}' for entity '${of}'. Valid actions are: [${valid.map((one) => `'${one}'`).join(', ')}]`,
  )
}

function statusFrom(given: 'ACTIVE' | 'DISABLED' | undefined): 'active' | 'disabled' | undefined {
  return given === undefined ? undefined : given === 'ACTIVE' ? 'active' : 'disabled'
}

/** A webhook in MLflow's words; events that only Gyre has are left out. */
function webhookOf(webhook: Webhook) {
  const events = webhook.events.flatMap((name) => {
    const [of = '', what = ''] = name.split('.')
    const known = Object.hasOwn(actions, of) && actions[of]?.includes(what)
    return known ? [{ entity: of.toUpperCase(), action: what.toUpperCase() }] : []
  })
  return {
    webhook_id: webhook.id,
    name: webhook.name,
    url: webhook.url,
    description: webhook.description === '' ? undefined : webhook.description,
    events: unlessEmpty(events),
    status: webhook.status.toUpperCase(),
    creation_timestamp: webhook.createdAt,
    last_updated_timestamp: webhook.updatedAt,
  }
}
