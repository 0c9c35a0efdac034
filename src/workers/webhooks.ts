import { deliverWebhook, deliveryJob } from '#domains/alerts/index'
import type { JobHandler } from './job-loop.ts'

/** The jobs that tell webhooks. Apart from others: a receiver that does not answer holds up none. */
export function webhookHandlers(): Record<string, JobHandler> {
  return {
    [deliveryJob]: (ctx, job) =>
      deliverWebhook(ctx, job.payload as { project: string; delivery: string }),
  }
}
