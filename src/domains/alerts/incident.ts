import { notFound } from '#kernel/errors'
import type { Json } from '#kernel/json'
import { parseStored } from '#kernel/json'
import type { IncidentState } from './status.ts'
import { type AlarmRow, type AlertsReader, incidentColumns, type IncidentRow } from './store.ts'

export type Severity = 'warning' | 'critical'

export interface Alarm {
  id: string
  incident: string
  /** The subject that is in trouble. */
  source: string
  kind: string
  severity: Severity
  text: string
  /** Subjects that show it. */
  evidence: string[]
  detail: Record<string, Json>
  at: number
}

export interface Incident {
  id: string
  source: string
  kind: string
  severity: Severity
  state: IncidentState
  text: string
  alarms: number
  evidence: string[]
  openedAt: number
  lastAlarmAt: number
  acknowledgedAt: number | null
  acknowledgedBy: string | null
  resolvedAt: number | null
  resolvedBy: string | null
  note: string | null
}

export function alarmFromRow(row: AlarmRow): Alarm {
  return {
    id: row.id,
    incident: row.incident,
    source: row.source,
    kind: row.kind,
    severity: row.severity as Severity,
    text: row.text,
    evidence: parseStored<string[]>(row.evidence),
    detail: parseStored<Record<string, Json>>(row.detail),
    at: row.at,
  }
}

export function incidentFromRow(row: IncidentRow): Incident {
  return {
    id: row.id,
    source: row.source,
    kind: row.kind,
    severity: row.severity as Severity,
    state: row.state as IncidentState,
    text: row.text,
    alarms: row.alarms,
    evidence: parseStored<string[]>(row.evidence),
    openedAt: row.opened_at,
    lastAlarmAt: row.last_alarm_at,
    acknowledgedAt: row.acknowledged_at,
    acknowledgedBy: row.acknowledged_by,
    resolvedAt: row.resolved_at,
    resolvedBy: row.resolved_by,
    note: row.note,
  }
}

/** An incident's row. Errors: `not_found`. */
export async function findIncident(
  db: AlertsReader,
  project: string,
  id: string,
): Promise<IncidentRow> {
  const row = await db
    .selectFrom('incidents')
    .select(incidentColumns)
    .where('project', '=', project)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row !== undefined) return row
  throw notFound('incident', id, 'See them with: gyre alerts list')
}

/** What an unresolved incident is known by: one per cause. */
export function openKey(project: string, source: string, kind: string): string {
  return JSON.stringify([project, source, kind])
}
