import { rm } from 'node:fs/promises'
import { asGyreError } from '#kernel/errors'
import { asSystem, type Platform } from '#domains/access/index'
import { compactTelemetry, listFragmented } from '#domains/deployments/index'
import { lead } from './leadership.ts'
import { pause } from './wake-up.ts'

export interface Compaction {
  stop(): Promise<void>
}

const everyMs = 30_000
/** How long a question may go on reading files that were replaced meanwhile. */
const readersMs = 120_000

interface Replaced {
  key: string
  removeAt: number
}

/** Keeps the files of telemetry few and large, in one process at a time. */
export function startCompaction(platform: Platform, owner: string): Compaction {
  const stopping = new AbortController()
  const replaced: Replaced[] = []
  const work = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await pause(everyMs, signal)
      if (!signal.aborted) await compactAll(platform, replaced, signal)
      await removeOld(platform, replaced, platform.clock())
    }
  }
  const led = lead(platform, { name: 'compaction', owner }, work, stopping.signal)
  led.catch((thrown: unknown) => {
    platform.log.error({ internal: asGyreError(thrown).internal }, 'Compaction stopped.')
  })
  return {
    async stop() {
      stopping.abort()
      await led
      // Whoever still reads has the file open, and keeps it until the end.
      await removeOld(platform, replaced, Infinity)
    },
  }
}

async function compactAll(
  platform: Platform,
  replaced: Replaced[],
  signal: AbortSignal,
): Promise<void> {
  const ctx = { ...asSystem(platform, 'compaction'), signal }
  for (const fragmented of await listFragmented(ctx)) {
    if (signal.aborted) return
    const done = await compactTelemetry(ctx, fragmented)
    const removeAt = platform.clock() + readersMs
    replaced.push(...(done?.replaced ?? []).map((key) => ({ key, removeAt })))
  }
}

async function removeOld(platform: Platform, replaced: Replaced[], now: number): Promise<void> {
  const old = replaced.filter(({ removeAt }) => removeAt <= now)
  for (const { key } of old) await rm(await platform.telemetryPath(key), { force: true })
  const left = replaced.filter(({ removeAt }) => removeAt > now)
  replaced.splice(0, replaced.length, ...left)
}
