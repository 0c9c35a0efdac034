import { asGyreError } from '#kernel/errors'
import { asSystem, type Context, type Platform } from '#domains/access/index'
import { forgetDeliveries } from '#domains/alerts/index'
import { collectGarbage, copyStore, expireVersions, scrubStore } from '#domains/data/index'
import { retireUnserved } from '#domains/deployments/index'
import { retainedModels } from '#domains/models/index'
import { lead } from './leadership.ts'
import { pause } from './wake-up.ts'

export interface Upkeep {
  stop(): Promise<void>
}

const everyMs = 60_000
const dayMs = 86_400_000
/** Every blob is read again after so long. */
const scrubEveryMs = 30 * dayMs
/** Read in one turn, so that requests hardly notice. */
const bytesPerTurn = 32 * 1024 * 1024
const collectEveryMs = dayMs

/**
 * Keeps the blob store in order, in one process at a time: reads old blobs again, feeds the second
 * copy, and once a day gives up what retention rules and garbage collection let go, and old deliveries
 * of webhooks.
 */
export function startUpkeep(platform: Platform, owner: string): Upkeep {
  const stopping = new AbortController()
  const work = async (signal: AbortSignal): Promise<void> => {
    const ctx = { ...asSystem(platform, 'upkeep'), signal }
    let collectedAt = platform.clock()
    while (!signal.aborted) {
      await pause(everyMs, signal)
      if (signal.aborted) return
      await attempt(platform, () => tendBlobs(ctx))
      if (platform.clock() - collectedAt < collectEveryMs) continue
      collectedAt = platform.clock()
      await attempt(platform, () => giveUp(ctx))
    }
  }
  const led = lead(platform, { name: 'upkeep', owner }, work, stopping.signal)
  led.catch((thrown: unknown) => {
    platform.log.error({ internal: asGyreError(thrown).internal }, 'The upkeep stopped.')
  })
  return {
    async stop() {
      stopping.abort()
      await led
    },
  }
}

async function tendBlobs(ctx: Context): Promise<void> {
  await copyStore(ctx, { mostBytes: bytesPerTurn })
  const uncheckedSince = ctx.clock() - scrubEveryMs
  const { damaged } = await scrubStore(ctx, { uncheckedSince, mostBytes: bytesPerTurn })
  for (const sha256 of damaged) ctx.log.error({ sha256 }, 'A blob is damaged on disk.')
}

async function giveUp(ctx: Context): Promise<void> {
  await expireVersions(ctx)
  for (const { project, model } of await retainedModels(ctx)) {
    await retireUnserved(ctx, { project, model, dryRun: false })
  }
  await forgetDeliveries(ctx)
  const { deleted } = await collectGarbage(ctx, { dryRun: false })
  ctx.log.info({ ...deleted }, 'Garbage was collected.')
}

/** One that fails is tried again in its next turn. */
async function attempt(platform: Platform, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (thrown) {
    const { public: text, internal } = asGyreError(thrown)
    platform.log.error({ internal }, `The upkeep of the store failed: ${text}`)
  }
}
