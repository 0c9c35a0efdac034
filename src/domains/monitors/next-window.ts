import { formatInstant } from '#kernel/time'
import { parseStored } from '#kernel/json'
import type { Context } from '#domains/access/index'
import { telemetryFiles } from '#domains/deployments/index'
import type { MonitorSettings } from './monitor.ts'
import { windowMs } from './settings.ts'
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
  const length = windowMs(parseStored<MonitorSettings>(row.settings).window)
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

/**
 * Why a window is not complete yet; undefined: it is. It is when its labels are there, or when a whole
 * further window has passed, by event time or without any request.
 */
export function incompleteReason(
  now: number,
  window: NextWindow,
  numbers: { rows: number; labelled: number },
  until: number | undefined,
): string | undefined {
  const length = window.end - window.start
  if (until !== undefined && window.end <= until) return undefined
  if (now < window.end) return `It ends at ${formatInstant(window.end)}.`
  if (numbers.labelled >= completeShare * numbers.rows) return undefined
  if (window.newestEvent >= window.end + length) return undefined
  if (now >= Math.max(window.end, window.newestReceived) + length) return undefined
  const labelled = `${numbers.labelled.toLocaleString('en-US')} of ${numbers.rows.toLocaleString('en-US')}`
  return `${labelled} predictions have labels; it waits for ${completeShare * 100} %, or for events from ${formatInstant(window.end + length)} on.`
}
