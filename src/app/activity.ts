import { authorize, type Context } from '#domains/access/index'
import { deliveryJob } from '#domains/alerts/index'
import { listMovements } from '#domains/deployments/index'
import { journalHead, readCursor } from '#domains/journal/index'

export interface Activity {
  /** Nothing is left to do with what is known: what comes next comes from outside. */
  resting: boolean
  /** What is under way, as sentences. */
  waitsFor: string[]
}

/**
 * What the loop is still doing for a project: records that were not turned into work, work that waits
 * or runs, releases that get ready, gateways that have yet to follow. Telling others by webhooks is
 * no part of it, and neither are a canary that waits for labels and a schedule that waits for its time.
 */
export async function readActivity(ctx: Context, project: string): Promise<Activity> {
  authorize(ctx, 'viewer', project)
  const head = await journalHead(ctx)
  const waitsFor = [...(await readWork(ctx, project, head))]
  waitsFor.push(...(await listMovements(ctx, { project })))
  // Work that ended between two of these questions has left a record.
  if ((await journalHead(ctx)) !== head) waitsFor.push('Records are being written.')
  return { resting: waitsFor.length === 0, waitsFor }
}

async function readWork(ctx: Context, project: string, head: number): Promise<string[]> {
  const cursor = await readCursor(ctx, 'loop')
  const jobs = await ctx.queue.list({ project, state: ['queued', 'running'], limit: 1000 })
  const unread = head - cursor
  return [
    ...(unread > 0 ? [`${unread} records are to be followed.`] : []),
    ...jobs
      .filter(({ kind }) => kind !== deliveryJob)
      .map(
        ({ kind, state, reason }) => `${kind} is ${state}${reason === null ? '' : `: ${reason}`}.`,
      ),
  ]
}
