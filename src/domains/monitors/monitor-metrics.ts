import type { Platform } from '#domains/access/index'
import { windowFromRow } from './find-monitor.ts'
import type { MonitorWindow } from './monitor.ts'
import { settingsOf } from './settings.ts'
import { monitorColumns, readMonitors, windowColumns } from './store.ts'

type Labels = Record<string, string>

/** A family of samples; the wire that prints them is elsewhere. */
export interface MonitorMetric {
  name: string
  help: string
  kind: 'gauge' | 'counter'
  samples: { labels: Labels; value: number }[]
}

const families = {
  'input-drift': ['drift_size', 'Jensen-Shannon distance of a feature from its training data.'],
  'prediction-drift': [
    'prediction_drift_size',
    'Jensen-Shannon distance of the predictions from those on the training data.',
  ],
  'missing-features': ['feature_missing_ratio', 'Share of rows in which a feature was missing.'],
  staleness: ['data_staleness_seconds', 'By how much the newest data lies behind what is served.'],
  'label-rate': ['label_ratio', 'Share of the predictions of the window that have a label.'],
  calibration: ['realised_calibration_error', 'Mean gap between predicted and observed rates.'],
} as const

/** Series of one monitor are few: this many columns of each kind, the largest first. */
const mostColumns = 100

/** What the last window of each monitor shows. */
export async function monitorMetrics(platform: Platform): Promise<MonitorMetric[]> {
  const monitors = await readMonitors(platform)
    .selectFrom('monitors')
    .select(monitorColumns)
    .execute()
  const metrics = new Map<string, MonitorMetric>()
  const add = (name: string, help: string, labels: Labels, value: number | null): void => {
    if (value === null) return
    const kind = name.endsWith('_total') ? 'counter' : 'gauge'
    const family = metrics.get(name) ?? { name, help, kind, samples: [] }
    metrics.set(name, family)
    family.samples.push({ labels, value })
  }
  const alarms = await alarmsOfMonitors(platform)
  for (const { project, name, settings } of monitors) {
    const window = await lastWindow(platform, project, name)
    if (window === undefined) continue
    const { endpoint } = settingsOf({ settings })
    const labels = { project, endpoint, monitor: name }
    add('monitor_alarms', 'Kinds of trouble in the last window.', labels, window.alarms)
    const total = alarms.get(JSON.stringify([project, name])) ?? 0
    add('monitor_alarms_total', 'Kinds of trouble in all windows so far.', labels, total)
    add(
      'monitor_window_end_timestamp_seconds',
      'End of the last evaluated window, in event time.',
      labels,
      window.end / 1000,
    )
    addChecks(window, labels, add)
  }
  return [...metrics.values()]
}

function addChecks(
  window: MonitorWindow,
  labels: Labels,
  add: (name: string, help: string, labels: Labels, value: number | null) => void,
): void {
  const checks = window.checks.toSorted((a, b) => (b.size ?? 0) - (a.size ?? 0))
  const seen = new Map<string, number>()
  for (const { kind, column, size, values } of checks) {
    if (kind === 'performance') {
      const { value } = values
      const metric = column ?? ''
      const help = `${metric} of the window's labelled predictions.`
      add(`realised_${metric}`, help, labels, typeof value === 'number' ? value : null)
      continue
    }
    if (!(kind in families)) continue
    const count = (seen.get(kind) ?? 0) + 1
    seen.set(kind, count)
    if (count > mostColumns) continue
    const [name, help] = families[kind as keyof typeof families]
    const own: Labels =
      kind === 'input-drift' || kind === 'missing-features'
        ? { ...labels, feature: column ?? '' }
        : kind === 'staleness'
          ? { ...labels, dataset: column ?? '' }
          : labels
    add(name, help, own, size)
  }
}

/** How many alarms each monitor has raised, by project and name. */
async function alarmsOfMonitors(platform: Platform): Promise<Map<string, number>> {
  const rows = await readMonitors(platform)
    .selectFrom('monitor_windows')
    .select((eb) => ['project', 'monitor', eb.fn.sum<number>('alarms').as('alarms')])
    .groupBy(['project', 'monitor'])
    .execute()
  return new Map(
    rows.map(({ project, monitor, alarms }) => [
      JSON.stringify([project, monitor]),
      Number(alarms),
    ]),
  )
}

async function lastWindow(
  platform: Platform,
  project: string,
  monitor: string,
): Promise<MonitorWindow | undefined> {
  const row = await readMonitors(platform)
    .selectFrom('monitor_windows')
    .select(windowColumns)
    .where('project', '=', project)
    .where('monitor', '=', monitor)
    .orderBy('window_start', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? undefined : windowFromRow(row)
}
