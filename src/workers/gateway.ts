import { asGyreError } from '#kernel/errors'
import type { Platform } from '#domains/access/index'
import { GatewaySync, removeGateway, type Replay, type Serving } from '#domains/deployments/index'
import { createWakeUp } from './wake-up.ts'

export interface GatewayOptions {
  /** Names this process: unique among all. */
  id: string
  serving: Serving
  /** Asks this process through its real doors. */
  replay: Replay
}

export interface RunningGateway {
  /** Everything that was released is loaded and routed. */
  ready: Promise<void>
  /** Writes what is logged, says that it ended and lets go of the models. Stop the doors before. */
  drain(): Promise<void>
}

/** How long changes by other processes may go unnoticed. */
const pollMs = 300
const beatMs = 1000
/** How long a prediction may wait to be in a file. */
const flushMs = 3000

/** Keeps a process serving what it is to serve, alive in the eyes of others, and its log flowing. */
export function startGateway(platform: Platform, options: GatewayOptions): RunningGateway {
  const stopping = new AbortController()
  const sync = new GatewaySync(platform, { ...options, startedAt: platform.clock() })
  const guard = failureLog(platform)
  const begin = async (): Promise<void> => {
    await sync.report()
    await sync.sync()
  }
  const ready = begin()
  const following = ready.then(
    () => follow(platform, sync, guard, stopping.signal),
    () => undefined,
  )
  const beating = beat(platform, options, sync, guard, stopping.signal)
  return {
    ready,
    async drain() {
      stopping.abort()
      await Promise.all([following, beating])
      await options.serving.flush()
      await options.serving.traffic.save(platform, options.id)
      await removeGateway(platform, options.id)
      await sync.close()
    },
  }
}

type Guard = (what: string, work: () => Promise<void>) => Promise<void>

/** What fails here is tried again at the next turn. */
function failureLog({ log }: Platform): Guard {
  return async (what, work) => {
    try {
      await work()
    } catch (thrown) {
      const { public: text, internal } = asGyreError(thrown)
      log.error({ internal }, `The gateway could not ${what}: ${text}`)
    }
  }
}

async function follow(
  platform: Platform,
  sync: GatewaySync,
  guard: Guard,
  signal: AbortSignal,
): Promise<void> {
  const wake = createWakeUp(platform, signal)
  while (!signal.aborted) {
    await wake.wait(pollMs)
    if (!signal.aborted) await guard('follow a release', () => sync.sync())
  }
  wake.stop()
}

async function beat(
  platform: Platform,
  { id, serving }: GatewayOptions,
  sync: GatewaySync,
  guard: Guard,
  signal: AbortSignal,
): Promise<void> {
  const wake = createWakeUp({ onRecords: () => () => {} }, signal)
  let beatAt = 0
  let flushedAt = platform.clock()
  while (!signal.aborted) {
    await wake.wait(pollMs)
    const now = platform.clock()
    if (serving.logPressing || now - flushedAt >= flushMs) {
      await guard('write its log', () => serving.flush())
      flushedAt = platform.clock()
    }
    if (now - beatAt < beatMs) continue
    await guard('say that it is alive', () => sync.report())
    await guard('tell its numbers', () => serving.traffic.save(platform, id))
    beatAt = now
  }
  wake.stop()
}
