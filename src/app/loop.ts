import { asGyreError } from '#kernel/errors'
import type { Platform } from '#domains/access/index'
import { lead } from '#workers/leadership'
import { runSubscription } from '#workers/subscription'
import { createReactions } from './reactions.ts'

export interface Loop {
  /** Stops after the record that is being dealt with, and lets another process lead. */
  stop(): Promise<void>
}

/** Closes the circle: turns what was recorded into the work that follows. One process does this at a time. */
export function startLoop(platform: Platform, owner: string): Loop {
  const stopping = new AbortController()
  const reactions = createReactions(platform)
  const work = (signal: AbortSignal): Promise<void> =>
    runSubscription(platform, 'loop', (record) => reactions(record), signal)
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
