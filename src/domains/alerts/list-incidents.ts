import { invalid } from '#kernel/errors'
import { authorize, type Context } from '#domains/access/index'
import {
  type Alarm,
  alarmFromRow,
  findIncident,
  type Incident,
  incidentFromRow,
} from './incident.ts'
import type { IncidentState } from './status.ts'
import { alarmColumns, incidentColumns, readAlerts } from './store.ts'

export interface IncidentFilter {
  project: string
  state?: IncidentState | 'unresolved' | undefined
  source?: string | undefined
  limit: number
  pageToken?: string | undefined
}

interface Page<T> {
  items: T[]
  nextPageToken?: string
}

/** Incidents, newest first. Errors: `invalid` for a foreign page token. */
export async function listIncidents(ctx: Context, filter: IncidentFilter): Promise<Page<Incident>> {
  authorize(ctx, 'viewer', filter.project)
  const { state, source, pageToken, limit } = filter
  let select = readAlerts(ctx)
    .selectFrom('incidents')
    .select(incidentColumns)
    .where('project', '=', filter.project)
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (state === 'unresolved') select = select.where('state', '!=', 'resolved')
  else if (state !== undefined) select = select.where('state', '=', state)
  if (source !== undefined) select = select.where('source', '=', source)
  if (pageToken !== undefined) select = select.where('id', '<', checkToken(pageToken))
  return pageOf((await select.execute()).map(incidentFromRow), limit)
}

/** Alarms, newest first. Errors: `invalid` for a foreign page token. */
export async function listAlarms(
  ctx: Context,
  filter: Omit<IncidentFilter, 'state'>,
): Promise<Page<Alarm>> {
  authorize(ctx, 'viewer', filter.project)
  const { source, pageToken, limit } = filter
  let select = readAlerts(ctx)
    .selectFrom('alarms')
    .select(alarmColumns)
    .where('project', '=', filter.project)
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (source !== undefined) select = select.where('source', '=', source)
  if (pageToken !== undefined) select = select.where('id', '<', checkToken(pageToken))
  return pageOf((await select.execute()).map(alarmFromRow), limit)
}

/** An incident with its newest alarms. Errors: `not_found`. */
export async function getIncident(
  ctx: Context,
  input: { project: string; incident: string },
): Promise<Incident & { history: Alarm[] }> {
  authorize(ctx, 'viewer', input.project)
  const db = readAlerts(ctx)
  const row = await findIncident(db, input.project, input.incident)
  const alarms = await db
    .selectFrom('alarms')
    .select(alarmColumns)
    .where('incident', '=', row.id)
    .orderBy('id', 'desc')
    .limit(200)
    .execute()
  return { ...incidentFromRow(row), history: alarms.map(alarmFromRow) }
}

export interface IncidentCounts {
  open: number
  acknowledged: number
  resolved: number
  /** Unresolved ones, by severity. */
  warning: number
  critical: number
}

/** How many incidents there are. */
export async function countIncidents(
  ctx: Context,
  input: { project: string },
): Promise<IncidentCounts> {
  authorize(ctx, 'viewer', input.project)
  const rows = await readAlerts(ctx)
    .selectFrom('incidents')
    .select((eb) => ['state', 'severity', eb.fn.countAll<number>().as('count')])
    .where('project', '=', input.project)
    .groupBy(['state', 'severity'])
    .execute()
  const sum = (wanted: (row: (typeof rows)[number]) => boolean): number =>
    rows.filter(wanted).reduce((total, row) => total + Number(row.count), 0)
  const unresolved = (severity: string): number =>
    sum((row) => row.state !== 'resolved' && row.severity === severity)
  return {
    open: sum((row) => row.state === 'open'),
    acknowledged: sum((row) => row.state === 'acknowledged'),
    resolved: sum((row) => row.state === 'resolved'),
    warning: unresolved('warning'),
    critical: unresolved('critical'),
  }
}

function checkToken(token: string): string {
  if (/^[0-9a-f]{32}$/.test(token)) return token
  throw invalid('The page token is not one that was given. Ask for the first page again.')
}

function pageOf<T extends { id: string }>(rows: T[], limit: number): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return rows.length > limit && last !== undefined ? { items, nextPageToken: last.id } : { items }
}
