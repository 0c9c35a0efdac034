import type { Invocation } from './command.ts'
import { formatBytes, formatCount, formatDuration, type Output } from './output.ts'

const terminalEveryMs = 100
const elsewhereEveryMs = 5000
/** Before that an estimate says more about the start than about the rest. */
const estimateAfterMs = 1000

type OnProgress = (files: number, total: number, bytes: number) => void

/** What every long command hands on: how to stop it, and whom to tell how far it is. */
export function workOf(
  { signal, out, terminal }: Invocation,
  verb: string,
): { signal: AbortSignal; onProgress: OnProgress } {
  return { signal, onProgress: progressOf(out, verb, terminal.err.isTTY === true) }
}

/** Tells how far something is, how fast it goes and how long it still takes: not too often. */
function progressOf(out: Output, verb: string, isTerminal: boolean): OnProgress {
  const startedAt = performance.now()
  const everyMs = isTerminal ? terminalEveryMs : elsewhereEveryMs
  let toldAt = startedAt
  return (files, total, bytes) => {
    const now = performance.now()
    if (now - toldAt < everyMs) return
    toldAt = now
    out.progress(progressLine(verb, files, total, bytes, now - startedAt))
  }
}

/** `adding 12,000 of 70,000 files, 3.3 MB, 4.1 MB/s, 12 s left` */
export function progressLine(
  verb: string,
  files: number,
  total: number,
  bytes: number,
  elapsedMs: number,
): string {
  const parts = [`${verb} ${formatCount(files)} of ${formatCount(total)} files`, formatBytes(bytes)]
  if (elapsedMs > estimateAfterMs && files > 0) {
    parts.push(`${formatBytes(Math.round((1000 * bytes) / elapsedMs))}/s`)
    parts.push(`${formatDuration(((total - files) * elapsedMs) / files)} left`)
  }
  return parts.join(', ')
}
