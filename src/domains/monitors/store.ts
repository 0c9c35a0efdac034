import type { Kysely, Transaction } from 'kysely'
import type { Platform } from '#domains/access/index'

export interface MonitorRow {
  project: string
  name: string
  endpoint: string
  settings: string
  /** What the online error control remembers between windows. */
  control: string
  /** End of the last evaluated window, in event time. */
  evaluated_until: number | null
  created_at: number
  updated_at: number
}

export interface MonitorWindowRow {
  project: string
  monitor: string
  window_start: number
  window_end: number
  rows: number
  labelled: number
  versions: string
  reference: number | null
  level: number
  alarms: number
  checks: string
  /** Histograms by column, for drilling down. */
  histograms: string
  evaluated_at: number
  took_ms: number
}

export interface MonitorsTables {
  monitors: MonitorRow
  monitor_windows: MonitorWindowRow
}

export type MonitorsTransaction = Transaction<MonitorsTables>
/** Inside a change or outside of one. */
export type MonitorsReader = Kysely<MonitorsTables>

export const monitorColumns = [
  'project',
  'name',
  'endpoint',
  'settings',
  'control',
  'evaluated_until',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof MonitorRow)[]

/** Everything but the histograms, which are large and rarely looked at. */
export const windowColumns = [
  'project',
  'monitor',
  'window_start',
  'window_end',
  'rows',
  'labelled',
  'versions',
  'reference',
  'level',
  'alarms',
  'checks',
  'evaluated_at',
  'took_ms',
] as const satisfies readonly (keyof MonitorWindowRow)[]

export function readMonitors(platform: Pick<Platform, 'tables'>): MonitorsReader {
  return platform.tables.read<MonitorsTables>()
}
