import { asGyreError } from '#kernel/errors'
import type { Platform } from '#domains/access/index'
import { lead } from '#workers/leadership'
import { watchByTime } from '#workers/monitor'
import { runSubscription } from '#workers/subscription'
import { createReactions } from './reactions.ts'
import { runSchedules } from './schedules.ts'

export interface Loop {
  /** Stops after the record that is being dealt with, and lets another process lead. */
  stop(): Promise<void>
}

/**
 * Closes the circle: turns what was recorded into the work that follows, fires the triggers that are
 * due, and looks at releases and windows that time alone moves. One process does this at a time.
 */
export function startLoop(platform: Platform, owner: string): Loop {
  const stopping = new AbortController()
  const react = createReactions(platform)
  const work = async (signal: AbortSignal): Promise<void> => {
    // Whichever part fails ends the other, before the lease is given back.
    const failed = new AbortController()
    const inner = AbortSignal.any([signal, failed.signal])
    const parts = [
      runSubscription(platform, 'loop', react, inner),
      runSchedules(platform, inner),
      watchByTime(platform, inner),
    ]
    await Promise.race(parts).finally(() => failed.abort())
    await Promise.all(parts)
  }
  const led = lead(platform, { name: 'loop', owner }, work, stopping.signal)
  led.catch((thrown: unknown) => {
    platform.log.error({ internal: asGyreError(thrown).internal }, 'The loop stopped.')
  })
  return {
    async stop() {
      stopping.abort()
      await led
    },
  }
}
