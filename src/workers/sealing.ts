import { asGyreError } from '#kernel/errors'
import { asSystem, type Context, type Platform } from '#domains/access/index'
import { listUnsealedRuns, sealRunMetrics } from '#domains/runs/index'
import { lead } from './leadership.ts'
import { pause } from './wake-up.ts'

export interface Sealing {
  stop(): Promise<void>
}

/** Short while there is work, since what is not sealed yet makes each reading of a run dearer. */
const busyMs = 500
const idleMs = 2000

/** Moves metric points from where they are appended to where they are read, in one process at a time. */
export function startSealing(platform: Platform, owner: string): Sealing {
  const stopping = new AbortController()
  const work = async (signal: AbortSignal): Promise<void> => {
    const ctx = { ...asSystem(platform, 'sealing'), signal }
    let waitMs = idleMs
    while (!signal.aborted) {
      await pause(waitMs, signal)
      if (!signal.aborted) waitMs = (await sealAll(ctx, signal)) > 0 ? busyMs : idleMs
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

/** Gives how many runs there were to seal. */
async function sealAll(ctx: Context, signal: AbortSignal): Promise<number> {
  const runs = await listUnsealedRuns(ctx)
  for (const { project, run } of runs) {
    if (signal.aborted) break
    await sealRunMetrics(ctx, { project, run })
  }
  return runs.length
}
