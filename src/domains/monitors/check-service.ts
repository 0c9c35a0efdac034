import { formatInstant, parseDuration } from '#kernel/time'
import { parseSubject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { getDataset, getVersion as getDataVersion } from '#domains/data/index'
import { serviceBetween } from '#domains/deployments/index'
import type { ModelVersion } from '#domains/models/index'
import type { CheckKind, ColumnHistograms, MonitorCheck, MonitorSettings } from './monitor.ts'
import type { ServedRows, WindowSpan } from './window-data.ts'

/** A check without a test: the number itself is what is compared. */
function plainCheck(
  kind: CheckKind,
  column: string | null,
  measure: string,
  size: number | null,
  limit: { threshold: number | null; isOver: (size: number, threshold: number) => boolean },
  text: string,
): MonitorCheck {
  const { threshold } = limit
  const over = size !== null && threshold !== null && limit.isOver(size, threshold)
  const watched = size === null ? 'undecided' : over ? 'alarm' : 'ok'
  return {
    kind,
    column,
    measure,
    size,
    low: null,
    high: null,
    threshold,
    p: null,
    level: null,
    verdict: threshold === null ? 'not-watched' : watched,
    text,
    values: {},
  }
}

const above = (size: number, threshold: number): boolean => size > threshold

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

/** How far the newest data lies behind what is predicted for. */
export async function checkStaleness(
  ctx: Context,
  project: string,
  version: ModelVersion | undefined,
  lastEvent: number,
  maximum: string | null,
): Promise<{ checks: MonitorCheck[]; inputs: string[] }> {
  const names = new Set(
    (version?.inputs ?? [])
      .filter((input) => input.startsWith('data:'))
      .map((input) => parseSubject(input).name),
  )
  const checks: MonitorCheck[] = []
  const inputs: string[] = []
  for (const dataset of names) {
    const newest = await newestEvent(ctx, project, dataset)
    if (newest === undefined) continue
    inputs.push(`data:${dataset}@${newest.version}`)
    const staleMs = Math.max(0, lastEvent - newest.at)
    checks.push(
      plainCheck(
        'staleness',
        dataset,
        'seconds',
        staleMs / 1000,
        { threshold: maximum === null ? null : parseDuration(maximum) / 1000, isOver: above },
        `The newest row of ${dataset} (version ${newest.version}) is of ${formatInstant(newest.at)}.`,
      ),
    )
  }
  return { checks, inputs }
}

async function newestEvent(
  ctx: Context,
  project: string,
  name: string,
): Promise<{ version: number; at: number } | undefined> {
  const dataset = await getDataset(ctx, { project, dataset: name })
  if (dataset.latestVersion === null || dataset.timestamp === null) return undefined
  const latest = await getDataVersion(ctx, { project, dataset: name, version: 'latest' })
  const column = latest.profile?.columns.find((candidate) => candidate.name === dataset.timestamp)
  const at = column?.maximum
  return typeof at === 'number' ? { version: latest.version, at } : undefined
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
