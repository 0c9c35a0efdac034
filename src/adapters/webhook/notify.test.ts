import { runNotifyContract } from '#ports/notify/notify.contract'
import { createWebhookNotify } from './notify.ts'

runNotifyContract('webhook', () => {
  const common = { schemes: ['http', 'https'], timeoutMs: 1000, attempts: 3 }
  return {
    open: createWebhookNotify({ ...common, allowPrivate: true }),
    guarded: createWebhookNotify({ ...common, allowPrivate: false }),
  }
})
