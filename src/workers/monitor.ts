import type { HeldJob } from '#ports/queue/queue'
import type { Context } from '#domains/access/index'
import { advanceRollout, startPostponed } from '#domains/deployments/index'
import type { JobHandler } from './job-loop.ts'
import { createWakeUp } from './wake-up.ts'

/** How long one job looks after a release that gets ready. */
const longestMs = 240_000

/** The jobs of the role `monitor`. */
export function monitorHandlers(): Record<string, JobHandler> {
  return { 'rollout.advance': advanceOrStart }
}

async function advanceOrStart(ctx: Context, job: HeldJob): Promise<string> {
  const { project, rollout, endpoint } = job.payload as {
    project: string
    rollout?: string
    endpoint?: string
  }
  if (rollout !== undefined) return advance(ctx, project, rollout)
  const started = await startPostponed(ctx, { project, endpoint: endpoint ?? '' })
  return started === undefined ? 'Nothing waited for its turn.' : `It started release ${started}.`
}

/** Brings a release on until only labels, time or a person can. */
async function advance(ctx: Context, project: string, id: string): Promise<string> {
  const signal = ctx.signal ?? new AbortController().signal
  const wake = createWakeUp(ctx, signal)
  const until = ctx.clock() + longestMs
  try {
    for (;;) {
      const { rollout, waitMs } = await advanceRollout(ctx, { project, rollout: id })
      if (waitMs === null || ctx.clock() > until) return `${rollout.state}: ${rollout.reason}`
      await wake.wait(waitMs)
      signal.throwIfAborted()
    }
  } finally {
    wake.stop()
  }
}
