import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '#client/client'

const shortestPauseMs = 20
const longestPauseMs = 250

export interface RestOptions {
  project: string
  signal: AbortSignal
  /** Called with what the loop is doing, each time that it is asked. */
  onWait?: (waitsFor: readonly string[]) => void
}

/** Waits until the loop has nothing left to do with what it knows about a project. */
export async function waitForRest(client: Client, options: RestOptions): Promise<void> {
  const { project, signal, onWait } = options
  for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    const { resting, waitsFor } = await client.server.readActivity({ params: { project }, signal })
    if (resting) return
    onWait?.(waitsFor)
    await sleep(pauseMs, undefined, { signal })
  }
}
