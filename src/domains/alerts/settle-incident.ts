import { nextStatus } from '#kernel/status-table'
import { type Subject, subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { findIncident, type Incident, incidentFromRow, openKey } from './incident.ts'
import { causeOf } from './raise-alarm.ts'
import { type IncidentState, incidentTable } from './status.ts'
import { type AlertsTables, incidentColumns, type IncidentRow } from './store.ts'

export interface IncidentAnswer {
  project: string
  incident: string
  note: string
}

/** Says that somebody looks after an incident. Errors: `not_found`, `conflict` when it is resolved. */
export async function acknowledgeIncident(ctx: Context, input: IncidentAnswer): Promise<Incident> {
  authorize(ctx, 'editor', input.project)
  return commit(ctx, async (change) => {
    const db = change.sql<AlertsTables>()
    const row = await findIncident(db, input.project, input.incident)
    const state = nextStatus(
      incidentTable,
      `Incident ${row.id}`,
      row.state as IncidentState,
      'acknowledge',
    )
    if (row.state === state) return incidentFromRow(row)
    const changes = {
      state,
      acknowledged_at: ctx.clock(),
      acknowledged_by: ctx.principal.name,
      note: input.note === '' ? row.note : input.note,
    }
    await db.updateTable('incidents').set(changes).where('id', '=', row.id).execute()
    change.record({
      verb: 'incident.acknowledged',
      subject: subject('incident', row.id),
      project: row.project,
      detail: { source: row.source, kind: row.kind, note: input.note },
    })
    return incidentFromRow({ ...row, ...changes })
  })
}

/** Says that an incident is over. Errors: `not_found`, `conflict` when it is resolved already. */
export async function resolveIncident(ctx: Context, input: IncidentAnswer): Promise<Incident> {
  authorize(ctx, 'editor', input.project)
  return commit(ctx, async (change) => {
    const db = change.sql<AlertsTables>()
    const row = await findIncident(db, input.project, input.incident)
    nextStatus(incidentTable, `Incident ${row.id}`, row.state as IncidentState, 'resolve')
    const resolved = resolvedRow(ctx, row, input.note)
    await writeResolved(db, resolved)
    change.record({
      verb: 'incident.resolved',
      subject: subject('incident', row.id),
      project: row.project,
      detail: { source: row.source, kind: row.kind, note: input.note },
    })
    return incidentFromRow(resolved)
  })
}

export interface EndedCondition {
  project: string
  source: string
  kinds: readonly string[]
  /** What shows that it ended. */
  note: string
  evidence: readonly Subject[]
}

/** Resolves what a source was in trouble for, since it is over. Gives how many there were. */
export async function endConditions(ctx: Context, input: EndedCondition): Promise<number> {
  authorize(ctx, 'editor', input.project)
  const { project, source } = input
  const keys = input.kinds.map((kind) => openKey(project, source, kind))
  if (keys.length === 0) return 0
  const open = await ctx.tables
    .read<AlertsTables>()
    .selectFrom('incidents')
    .select('id')
    .where('open_key', 'in', keys)
    .execute()
  if (open.length === 0) return 0
  return commit(ctx, async (change) => {
    const db = change.sql<AlertsTables>()
    const rows = await db
      .selectFrom('incidents')
      .select(incidentColumns)
      .where('open_key', 'in', keys)
      .orderBy('id')
      .execute()
    for (const row of rows) {
      await writeResolved(db, resolvedRow(ctx, row, input.note))
      change.record({
        verb: 'incident.resolved',
        subject: subject('incident', row.id),
        project,
        inputs: input.evidence.filter((item) => item !== causeOf(ctx)),
        detail: { source, kind: row.kind, note: input.note },
      })
    }
    return rows.length
  })
}

function resolvedRow(ctx: Context, row: IncidentRow, note: string): IncidentRow {
  return {
    ...row,
    state: 'resolved',
    resolved_at: ctx.clock(),
    resolved_by: ctx.principal.name,
    note: note === '' ? row.note : note,
    open_key: null,
  }
}

async function writeResolved(
  db: Parameters<typeof findIncident>[0],
  row: IncidentRow,
): Promise<void> {
  const { state, resolved_at, resolved_by, note, open_key } = row
  await db
    .updateTable('incidents')
    .set({ state, resolved_at, resolved_by, note, open_key })
    .where('id', '=', row.id)
    .execute()
}
