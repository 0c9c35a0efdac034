import type { Platform } from '#domains/access/index'

export interface WakeUp {
  /** Returns after `ms`, or as soon as a record is written here or the signal aborts. */
  wait(ms: number): Promise<void>
  stop(): void
}

/**
 * Waits for records without missing one: a record that comes between two waits ends the next wait at
 * once. Records of other processes are not heard of, so a wait needs an end.
 */
export function createWakeUp(platform: Pick<Platform, 'onRecords'>, signal: AbortSignal): WakeUp {
  let heard = false
  let wake: (() => void) | undefined
  const ring = (): void => {
    heard = true
    wake?.()
  }
  const stopListening = platform.onRecords(ring)
  signal.addEventListener('abort', ring)
  return {
    async wait(ms) {
      if (!heard && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      wake = undefined
      heard = false
    },
    stop() {
      stopListening()
      signal.removeEventListener('abort', ring)
    },
  }
}

/** Waits `ms`, or less when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const wake = createWakeUp({ onRecords: () => () => {} }, signal)
  await wake.wait(ms)
  wake.stop()
}
