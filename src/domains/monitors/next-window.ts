import { formatInstant } from '#kernel/time'
import type { Context } from '#domains/access/index'
import { telemetryFiles } from '#domains/deployments/index'
import { windowMs, settingsOf } from './settings.ts'
import type { MonitorRow } from './store.ts'
import { windowStart } from './windows.ts'

/** The window that comes next, as far as the index of the log tells. */
export interface NextWindow {
  start: number
  end: number
  /** Event time of the newest prediction. */
  newestEvent: number
  /** When the newest prediction came. */
  newestReceived: number
}

/** Labels of a window are taken for complete from this share on. */
export const completeShare = 0.95

/**
 * The next window that may have predictions; undefined: there is none yet. It begins at `from` or
 * later, even where windows had another length before: nothing is judged twice.
 */
export async function findNextWindow(
  ctx: Context,
  row: MonitorRow,
  from: number | null,
): Promise<NextWindow | undefined> {
  const { project, endpoint } = row
  const since = from ?? undefined
  const files = await telemetryFiles(ctx, { project, endpoint, kind: 'predictions', since })
  if (files.length === 0) return undefined
  const length = windowMs(settingsOf(row).window)
  const oldest = Math.min(...files.map((file) => file.min_at ?? Infinity))
  const aligned = windowStart(Math.max(oldest, since ?? -Infinity), length)
  const start = aligned < (since ?? -Infinity) ? aligned + length : aligned
  // An event time yet to come, sent by mistake, must not make the windows before it complete.
  const newest = Math.max(...files.map((file) => file.max_at ?? -Infinity))
  const newestEvent = Math.min(newest, ctx.clock())
  if (start > newestEvent) return undefined
  const newestReceived = Math.max(...files.map((file) => file.max_received_at))
  return { start, end: start + length, newestEvent, newestReceived }
}

/** What is there of a window. */
export interface WindowNumbers {
  rows: number
  labelled: number
  /** When the last of its labels was known, in event time. */
  knownAt: number | null
}

/**
 * Why a window is not complete yet; undefined: it is. It is when event time is past its end, which a
 * later prediction or the moment a label was known at shows, and its labels are there; or when a whole
 * further window has passed, by event time or without any request.
 */
export function incompleteReason(
  now: number,
  window: NextWindow,
  numbers: WindowNumbers,
  until: number | undefined,
): string | undefined {
  const { end } = window
  const length = end - window.start
  if (until !== undefined && end <= until) return undefined
  if (now < end) return `It ends at ${formatInstant(end)}.`
  if (window.newestEvent >= end + length) return undefined
  if (now >= Math.max(end, window.newestReceived) + length) return undefined
  const { rows, labelled, knownAt } = numbers
  if (labelled < completeShare * rows) {
    const share = `${labelled.toLocaleString('en-US')} of ${rows.toLocaleString('en-US')}`
    return `${share} predictions have labels; it waits for ${completeShare * 100} %, or for events from ${formatInstant(end + length)} on.`
  }
  if (Math.max(window.newestEvent, knownAt ?? -Infinity) >= end) return undefined
  return `Its labels are known, but nothing is from ${formatInstant(end)} or later yet: more may come.`
}
