import { z } from 'zod'
import { type ApiSpec, endpoint } from '../endpoint.ts'

const events = z
  .array(z.string().max(200))
  .min(1)
  .max(100)
  .describe("model_version.created and others in MLflow's words, or verbs of the journal")
const status = z.enum(['active', 'disabled'])
const name = z.string().min(1).max(63)
const url = z.string().min(1).max(5000)
const description = z.string().max(5000)
const secret = z.string().max(5000).describe('What is sent is signed with it; empty removes it')

export const webhook = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  description: z.string(),
  events: z.array(z.string()),
  status,
  signed: z.boolean(),
  createdAt: z.int(),
  updatedAt: z.int(),
})
export type Webhook = z.infer<typeof webhook>

export const webhookDelivery = z.object({
  id: z.string().describe('The same however often it is sent'),
  event: z.string(),
  record: z.int().describe('The journal record that it tells of'),
  state: z.enum(['queued', 'delivered', 'failed', 'dropped']),
  attempts: z.int(),
  responseStatus: z.int().nullable(),
  responseBody: z.string().nullable().describe('Its beginning'),
  error: z.string().nullable(),
  createdAt: z.int(),
  updatedAt: z.int(),
})
export type WebhookDelivery = z.infer<typeof webhookDelivery>

export const webhooksApi = {
  listWebhooks: endpoint({
    method: 'GET',
    path: '/projects/:project/webhooks',
    summary: 'Who outside is told of what, newest first',
    role: 'viewer',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
    }),
    result: z.object({ items: z.array(webhook), more: z.boolean() }),
  }),
  createWebhook: endpoint({
    method: 'POST',
    path: '/projects/:project/webhooks',
    summary: 'Has somebody outside told of events, from the next one on',
    role: 'operator',
    body: z.object({
      name,
      url,
      events,
      description: description.optional(),
      secret: secret.optional(),
      status: status.optional(),
    }),
    result: webhook,
  }),
  updateWebhook: endpoint({
    method: 'PATCH',
    path: '/projects/:project/webhooks/:webhook',
    summary: 'Changes a webhook; what is left out stays',
    role: 'operator',
    body: z.object({
      name: name.optional(),
      url: url.optional(),
      events: events.optional(),
      description: description.optional(),
      secret: secret.optional(),
      status: status.optional(),
    }),
    result: webhook,
  }),
  deleteWebhook: endpoint({
    method: 'DELETE',
    path: '/projects/:project/webhooks/:webhook',
    summary: 'Tells it nothing from now on',
    role: 'operator',
  }),
  testWebhook: endpoint({
    method: 'POST',
    path: '/projects/:project/webhooks/:webhook/test',
    summary: 'Sends it example data, once and at once',
    role: 'operator',
    body: z.object({ event: z.string().max(200).optional() }),
    result: z.object({
      success: z.boolean(),
      status: z.int().nullable(),
      body: z.string().nullable(),
      error: z.string().nullable(),
    }),
  }),
  listDeliveries: endpoint({
    method: 'GET',
    path: '/projects/:project/webhooks/:webhook/deliveries',
    summary: 'What it was told and what it answered, newest first',
    role: 'viewer',
    result: z.object({ items: z.array(webhookDelivery) }),
  }),
} satisfies ApiSpec
