import { invalid } from '#kernel/errors'
import { type Json, type JsonObject, parseStored } from '#kernel/json'
import { parseSubject, type Subject, subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import { type Alarm, alarmFromRow, openKey, type Severity } from './incident.ts'
import {
  alarmColumns,
  type AlarmRow,
  type AlertsTables,
  incidentColumns,
  type IncidentRow,
} from './store.ts'

export interface NewAlarm {
  project: string
  /** The subject that is in trouble: `monitor:late-flights-weekly`. */
  source: string
  kind: string
  severity: Severity
  text: string
  /** Subjects that show it, besides the record that caused it. */
  evidence?: readonly Subject[] | undefined
  detail?: Record<string, Json> | undefined
  /** What reported it: raising twice for the same report gives the first alarm again. */
  report?: string | undefined
}

/**
 * Raises an alarm. It joins the unresolved incident of its source and kind, or opens one. Errors:
 * `invalid` for a source that is no subject.
 */
export async function raiseAlarm(ctx: Context, input: NewAlarm): Promise<Alarm> {
  authorize(ctx, 'editor', input.project)
  parseSubject(input.source)
  if (!/^[a-z][a-z0-9-]{0,99}$/.test(input.kind)) {
    throw invalid(`"${input.kind}" is not a kind of alarm. Use lower-case letters, digits and "-".`)
  }
  return commit(ctx, async (change) => {
    const db = change.sql<AlertsTables>()
    const report = input.report ?? ctx.newId()
    const known = await db
      .selectFrom('alarms')
      .select(alarmColumns)
      .where('project', '=', input.project)
      .where('report', '=', report)
      .executeTakeFirst()
    if (known !== undefined) return alarmFromRow(known)
    const alarm = newAlarm(ctx, input, report)
    const { incident, isNew } = await joinIncident(ctx, change, alarm)
    const row: AlarmRow = { ...alarm, incident: incident.id }
    await db.insertInto('alarms').values(row).execute()
    recordAlarm(ctx, change, row, incident, isNew)
    return alarmFromRow(row)
  })
}

/** The record that this follows from, which every record of a change names anyway. */
export function causeOf(ctx: Context): Subject | undefined {
  return ctx.cause === undefined ? undefined : subject('record', String(ctx.cause))
}

type UnboundAlarm = Omit<AlarmRow, 'incident'>

function newAlarm(ctx: Context, input: NewAlarm, report: string): UnboundAlarm {
  const cause = causeOf(ctx)
  return {
    id: ctx.newId(),
    project: input.project,
    source: input.source,
    kind: input.kind,
    severity: input.severity,
    text: input.text,
    evidence: JSON.stringify([
      ...new Set([...(cause === undefined ? [] : [cause]), ...(input.evidence ?? [])]),
    ]),
    detail: JSON.stringify(input.detail ?? {}),
    at: ctx.clock(),
    report,
  }
}

async function joinIncident(
  ctx: Context,
  change: Change,
  alarm: UnboundAlarm,
): Promise<{ incident: IncidentRow; isNew: boolean }> {
  const db = change.sql<AlertsTables>()
  const key = openKey(alarm.project, alarm.source, alarm.kind)
  const open = await db
    .selectFrom('incidents')
    .select(incidentColumns)
    .where('open_key', '=', key)
    .executeTakeFirst()
  if (open === undefined) {
    const incident = newIncident(ctx, alarm, key)
    await db.insertInto('incidents').values(incident).execute()
    return { incident, isNew: true }
  }
  const joined: IncidentRow = {
    ...open,
    severity: open.severity === 'critical' ? 'critical' : alarm.severity,
    text: alarm.text,
    evidence: alarm.evidence,
    alarms: open.alarms + 1,
    last_alarm_at: alarm.at,
  }
  const { severity, text, evidence, alarms, last_alarm_at } = joined
  await db
    .updateTable('incidents')
    .set({ severity, text, evidence, alarms, last_alarm_at })
    .where('id', '=', open.id)
    .execute()
  return { incident: joined, isNew: false }
}

function newIncident(ctx: Context, alarm: UnboundAlarm, key: string): IncidentRow {
  const { project, source, kind, severity, text, evidence, at } = alarm
  return {
    id: ctx.newId(),
    project,
    source,
    kind,
    severity,
    state: 'open',
    text,
    alarms: 1,
    evidence,
    opened_at: at,
    last_alarm_at: at,
    acknowledged_at: null,
    acknowledged_by: null,
    resolved_at: null,
    resolved_by: null,
    note: null,
    open_key: key,
  }
}

function recordAlarm(
  ctx: Context,
  change: Change,
  alarm: AlarmRow,
  incident: IncidentRow,
  isNew: boolean,
): void {
  const { project, source, kind, severity, text } = alarm
  const evidence = parseStored<Subject[]>(alarm.evidence).filter(
    (item) => item !== source && item !== causeOf(ctx),
  )
  if (isNew) {
    change.record({
      verb: 'incident.opened',
      subject: subject('incident', incident.id),
      project,
      inputs: [source as Subject],
      detail: { source, kind, severity, text },
    })
  }
  // Last, so that what follows from the change follows from the alarm.
  change.record({
    verb: 'alarm.raised',
    subject: subject('alarm', alarm.id),
    project,
    inputs: [source as Subject, ...evidence],
    outputs: [subject('incident', incident.id)],
    detail: {
      ...parseStored<JsonObject>(alarm.detail),
      source,
      kind,
      severity,
      text,
      incident: incident.id,
      ordinal: incident.alarms,
    },
  })
}
