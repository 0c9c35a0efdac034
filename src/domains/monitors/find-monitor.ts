import { notFound } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import type { MonitorCheck, MonitorWindow } from './monitor.ts'
import {
  monitorColumns,
  type MonitorRow,
  type MonitorsReader,
  type MonitorWindowRow,
} from './store.ts'

/** A monitor's row. Errors: `not_found`. */
export async function findMonitor(
  db: MonitorsReader,
  project: string,
  name: string,
): Promise<MonitorRow> {
  const row = await db
    .selectFrom('monitors')
    .select(monitorColumns)
    .where('project', '=', project)
    .where('name', '=', name)
    .executeTakeFirst()
  if (row !== undefined) return row
  throw notFound(
    'monitor',
    name,
    'Declare it in gyre.yaml, or see those that are: gyre monitors list',
  )
}

export function windowFromRow(row: Omit<MonitorWindowRow, 'histograms'>): MonitorWindow {
  return {
    monitor: row.monitor,
    start: row.window_start,
    end: row.window_end,
    rows: row.rows,
    labelled: row.labelled,
    versions: parseStored<MonitorWindow['versions']>(row.versions),
    reference: row.reference,
    level: row.level,
    alarms: row.alarms,
    checks: parseStored<MonitorCheck[]>(row.checks),
    evaluatedAt: row.evaluated_at,
    tookMs: row.took_ms,
  }
}
