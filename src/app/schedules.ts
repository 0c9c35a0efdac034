import { asGyreError } from '#kernel/errors'
import { asSystem, type Platform } from '#domains/access/index'
import { fireDueSchedules } from '#domains/pipelines/index'
import { pause } from '#workers/wake-up'

/** Triggers are declared at any time, so the next due one may come sooner than was thought. */
const longestWaitMs = 1000

/** Fires the schedules that are due, until `signal` aborts. */
export async function runSchedules(platform: Platform, signal: AbortSignal): Promise<void> {
  const ctx = asSystem(platform, 'scheduler')
  while (!signal.aborted) {
    try {
      await fireDueSchedules(ctx)
    } catch (thrown) {
      const { public: text, internal } = asGyreError(thrown)
      platform.log.error({ internal }, `A schedule could not be fired: ${text}`)
    }
    await pause(longestWaitMs, signal)
  }
}
