import {
  createWebhook,
  deleteWebhook,
  listDeliveries,
  listWebhooks,
  testWebhook,
  updateWebhook,
} from '#domains/alerts/index'
import { implement } from '../implement.ts'
import { webhooksApi } from '../wire/webhooks.ts'

export const webhooksOperations = implement('webhooks', webhooksApi, {
  listWebhooks: (ctx, { params, query }) => listWebhooks(ctx, { ...params, ...query }),
  createWebhook: (ctx, { params, body }) => createWebhook(ctx, { ...params, ...body }),
  updateWebhook: (ctx, { params, body }) => updateWebhook(ctx, { ...params, ...body }),
  deleteWebhook: (ctx, { params }) => deleteWebhook(ctx, params),
  testWebhook: (ctx, { params, body }) => testWebhook(ctx, { ...params, ...body }),
  listDeliveries: (ctx, { params }) => listDeliveries(ctx, params),
})
