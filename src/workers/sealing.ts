import { asGyreError } from '#kernel/errors'
import { asSystem, type Context, type Platform } from '#domains/access/index'
import { listUnsealedRuns, sealRunMetrics } from '#domains/runs/index'
import { lead } from './leadership.ts'
import { pause } from './wake-up.ts'

export interface Sealing {
  stop(): Promise<void>
}

/** Short, since what is not sealed yet makes each reading of a busy run dearer. */
const everyMs = 500

/** Moves metric points from where they are appended to where they are read, in one process at a time. */
export function startSealing(platform: Platform, owner: string): Sealing {
  const stopping = new AbortController()
  const work = async (signal: AbortSignal): Promise<void> => {
    const ctx = { ...asSystem(platform, 'sealing'), signal }
    while (!signal.aborted) {
      await pause(everyMs, signal)
      if (!signal.aborted) await sealAll(ctx, signal)
    }
  }
  const led = lead(platform, { name: 'sealing', owner }, work, stopping.signal)
  led.catch((thrown: unknown) => {
    platform.log.error({ internal: asGyreError(thrown).internal }, 'Sealing stopped.')
  })
  return {
    async stop() {
      stopping.abort()
      await led
    },
  }
}

async function sealAll(ctx: Context, signal: AbortSignal): Promise<void> {
  for (const { project, run } of await listUnsealedRuns(ctx)) {
    if (signal.aborted) return
    await sealRunMetrics(ctx, { project, run })
  }
}
