import { asGyreError } from '#kernel/errors'
import type { HeldJob } from '#ports/queue/queue'
import { asSystem, type Context, type Platform } from '#domains/access/index'
import {
  advanceRollout,
  listActiveRollouts,
  lookAtCanary,
  startPostponed,
} from '#domains/deployments/index'
import { evaluateMonitorsOf, listMonitoredEndpoints } from '#domains/monitors/index'
import type { JobHandler } from './job-loop.ts'
import { createWakeUp, pause } from './wake-up.ts'

/** How long one job looks after a release that gets ready. */
const longestMs = 240_000
/** How often releases are looked at without labels, for failures and latency. */
const releaseEveryMs = 5000
/** How often windows are looked at without labels: time alone may complete one. */
const windowEveryMs = 30_000

/** The jobs of the role `monitor`. */
export function monitorHandlers(): Record<string, JobHandler> {
  return {
    'rollout.advance': advanceOrStart,
    'labels.judge': judgeLabels,
    // What version 0.1.0 may have left.
    'monitor.evaluate': judgeLabels,
  }
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

/**
 * What follows from labels, in this order: the release under way, then windows. A training that an
 * alarm leads to is compared with the champion that the labels made.
 */
async function judgeLabels(ctx: Context, job: HeldJob): Promise<string> {
  const { project, endpoint } = job.payload as { project: string; endpoint: string }
  const rollout = await lookAtCanary(ctx, { project, endpoint })
  const count = await evaluateMonitorsOf(ctx, { project, endpoint })
  const release = rollout === null ? '' : `The release is ${rollout.state}. `
  return `${release}${count === 0 ? 'No window was complete.' : `${count} windows were evaluated.`}`
}

/** Looks at releases and windows from time to time, until `signal` aborts. One process does this. */
export async function watchByTime(platform: Platform, signal: AbortSignal): Promise<void> {
  const ctx = { ...asSystem(platform, 'watch'), signal }
  let windowsAt = platform.clock()
  while (!signal.aborted) {
    await pause(releaseEveryMs, signal)
    if (signal.aborted) return
    try {
      for (const { project, id, state } of await listActiveRollouts(ctx)) {
        if (state === 'canary') await advanceRollout(ctx, { project, rollout: id })
      }
      if (platform.clock() - windowsAt < windowEveryMs) continue
      windowsAt = platform.clock()
      for (const monitored of await listMonitoredEndpoints(ctx)) {
        await evaluateMonitorsOf(ctx, monitored)
      }
    } catch (thrown) {
      const { public: text, internal } = asGyreError(thrown)
      platform.log.error({ internal }, `Releases and windows could not be looked at: ${text}`)
    }
  }
}
