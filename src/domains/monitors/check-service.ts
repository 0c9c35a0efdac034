import type { Context } from '#domains/access/index'
import { serviceBetween } from '#domains/deployments/index'
import type { ColumnHistograms, MonitorCheck, MonitorSettings } from './monitor.ts'
import { above, plainCheck } from './plain-check.ts'
import type { ServedRows, WindowSpan } from './window-data.ts'

/** How the service went: answers in time, without failures, with features and labels, on fresh data. */
export async function checkService(
  ctx: Context,
  span: WindowSpan,
  served: ServedRows,
  labelled: number,
  settings: MonitorSettings,
): Promise<MonitorCheck[]> {
  const numbers = await serviceBetween(ctx, span, served.receivedFrom, served.receivedTo)
  const labelRate = labelled / served.rows
  const errorRate = numbers.requests === 0 ? null : numbers.errors / numbers.requests
  return [
    plainCheck(
      'label-rate',
      null,
      'share of predictions with a label',
      labelRate,
      { threshold: settings.minimumLabelRate, isOver: (size, threshold) => size < threshold },
      `${percent(labelRate)} of ${served.rows.toLocaleString('en-US')} predictions have a label.`,
    ),
    plainCheck(
      'errors',
      null,
      'share of requests that failed',
      errorRate,
      { threshold: settings.maximumErrorRate, isOver: above },
      `${numbers.errors} of ${numbers.requests} requests failed by our fault.`,
    ),
    plainCheck(
      'latency',
      null,
      'ms, 99th percentile',
      numbers.p99Ms,
      { threshold: settings.maximumLatencyMs, isOver: above },
      `99 % of the requests took at most ${numbers.p99Ms ?? '–'} ms.`,
    ),
  ]
}

/** How much each feature was missing. */
export function checkMissing(
  histograms: Record<string, ColumnHistograms>,
  threshold: number | null,
): MonitorCheck[] {
  const shares = Object.entries(histograms)
    .filter(([, { current }]) => current.rows > 0)
    .map(([column, { current }]) => ({ column, share: current.missing / current.rows }))
    .filter(({ column, share }) => column !== 'prediction' && (share > 0 || threshold !== null))
  return shares.map(({ column, share }) =>
    plainCheck(
      'missing-features',
      column,
      'share of rows without a value',
      share,
      { threshold, isOver: above },
      `${column} was missing in ${percent(share)} of the rows.`,
    ),
  )
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
