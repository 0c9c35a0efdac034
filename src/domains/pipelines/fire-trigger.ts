import { invalid } from '#kernel/errors'
import { parseSubject, type Subject, subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit, type JournalRecord } from '#domains/journal/index'
import { findTrigger, triggerFromRow } from './declare-trigger.ts'
import { queueExecution } from './start-execution.ts'
import {
  type PipelinesTables,
  type PipelinesTransaction,
  readPipelines,
  triggerColumns,
} from './store.ts'
import { nextDue, type Trigger } from './trigger.ts'

export interface TriggerFiring {
  trigger: string
  key: string
  at: number
  reason: string
  execution: string
  /** false: it had fired for this key before; the execution is that one. */
  fired: boolean
}

export interface TriggerMatch {
  project: string
  trigger: string
  /** One firing per key, ever. */
  key: string
  reason: string
  /** What it fires for: `alarm:…`, `data:flights@8`. */
  inputs: Subject[]
}

/**
 * Fires a trigger, once per key: writes the firing and `trigger.fired`, and queues the execution of
 * its pipeline, in one change. Errors: `not_found`, `conflict` never: a second firing is the first.
 */
export async function fireTrigger(
  ctx: Context,
  input: {
    project: string
    trigger: string
    key?: string | undefined
    reason?: string | undefined
    inputs?: readonly Subject[] | undefined
  },
): Promise<TriggerFiring> {
  authorize(ctx, 'operator', input.project)
  const key = input.key ?? ctx.newId()
  return commit(ctx, async (change) => {
    const db = change.sql<PipelinesTables>()
    const row = await findTrigger(db, input.project, input.trigger)
    const trigger = triggerFromRow(row)
    const before = await firingBefore(db, input.project, row.name, key)
    if (before !== undefined) return before
    if (!trigger.enabled) throw invalid(`The trigger "${row.name}" is disabled. Enable it first.`)
    const reason = input.reason ?? `Fired by ${ctx.principal.name}.`
    const fired = subject('trigger', row.name)
    change.record({
      verb: 'trigger.fired',
      subject: fired,
      project: input.project,
      inputs: input.inputs ?? [],
      detail: { key, reason, pipeline: trigger.declaration.run },
    })
    const start = { reason: `${reason} It waits for a runner.` }
    const execution = await queueExecution(
      ctx,
      change,
      input.project,
      trigger.declaration.run,
      start,
      { cause: fired, inputs: [fired, ...(input.inputs ?? [])] },
    )
    const at = ctx.clock()
    const firing = { trigger: row.name, key, at, reason, execution: execution.id, fired: true }
    await writeFiring(db, input.project, firing)
    return firing
  })
}

async function firingBefore(
  db: PipelinesTransaction,
  project: string,
  trigger: string,
  key: string,
): Promise<TriggerFiring | undefined> {
  const before = await db
    .selectFrom('trigger_firings')
    .select(['at', 'reason', 'execution_id'])
    .where('project', '=', project)
    .where('trigger', '=', trigger)
    .where('key', '=', key)
    .executeTakeFirst()
  if (before === undefined) return undefined
  const { at, reason, execution_id: execution } = before
  return { trigger, key, at, reason, execution, fired: false }
}

async function writeFiring(
  db: PipelinesTransaction,
  project: string,
  { trigger, key, at, reason, execution }: TriggerFiring,
): Promise<void> {
  await db
    .insertInto('trigger_firings')
    .values({ project, trigger, key, at, reason, execution_id: execution })
    .execute()
  await db
    .updateTable('triggers')
    .set({ last_fired_at: at, last_execution: execution })
    .where('project', '=', project)
    .where('name', '=', trigger)
    .execute()
}

/**
 * The triggers that a journal record fires: `data.committed` those on data, `alarm.raised` those on
 * an alarm. The loop then calls `fireTrigger` with each.
 */
export async function matchTriggers(ctx: Context, record: JournalRecord): Promise<TriggerMatch[]> {
  authorize(ctx, 'viewer', record.project)
  if (record.verb !== 'data.committed' && record.verb !== 'alarm.raised') return []
  const rows = await readPipelines(ctx)
    .selectFrom('triggers')
    .select(triggerColumns)
    .where('project', '=', record.project)
    .where('enabled', '=', 1)
    .orderBy('name')
    .execute()
  return rows.map(triggerFromRow).flatMap((trigger) => {
    const reason = reasonToFire(trigger, record)
    if (reason === undefined) return []
    const key = String(record.seq)
    const inputs = [record.subject]
    return [{ project: record.project, trigger: trigger.name, key, reason, inputs }]
  })
}

function reasonToFire({ declaration }: Trigger, record: JournalRecord): string | undefined {
  const { kind, name, version } = parseSubject(record.subject)
  if (declaration.on === 'data' && record.verb === 'data.committed' && kind === 'data') {
    const number = Number(version)
    const due = name === declaration.dataset && number % declaration.every === 0
    const which = declaration.every === 1 ? 'a new version' : `every ${declaration.every} versions`
    return due ? `Version ${number} of ${name} arrived, and it fires on ${which}.` : undefined
  }
  if (declaration.on !== 'alarm' || record.verb !== 'alarm.raised') return undefined
  const raisedBy = [...record.inputs, ...record.outputs, record.subject]
  const wanted = subject('monitor', declaration.monitor)
  const matches =
    raisedBy.some((s) => s === wanted || s.startsWith(`${wanted}@`)) ||
    record.detail['monitor'] === declaration.monitor
  if (!matches || !isDueAlarm(record, declaration.every)) return undefined
  const text = record.detail['text'] ?? record.detail['reason']
  const what = typeof text === 'string' ? `: ${text}` : '.'
  return `Monitor ${declaration.monitor} raised an alarm${what}`
}

/** Alarms of one incident have one cause, which is asked about again only every so many alarms. */
function isDueAlarm({ detail }: JournalRecord, every: number): boolean {
  const ordinal = typeof detail['ordinal'] === 'number' ? detail['ordinal'] : 1
  return (ordinal - 1) % every === 0
}

/**
 * Fires the schedules that are due and sets when they are next. A schedule that was missed while
 * nothing ran fires once. Gives when the next one is due; null: none.
 */
export async function fireDueSchedules(ctx: Context): Promise<number | null> {
  const now = ctx.clock()
  const due = await readPipelines(ctx)
    .selectFrom('triggers')
    .select(triggerColumns)
    .where('enabled', '=', 1)
    .where('next_at', '<=', now)
    .execute()
  for (const row of due) {
    const { declaration } = triggerFromRow(row)
    if (declaration.on !== 'schedule' || row.next_at === null) continue
    const reason = `Its schedule ${declaration.cron} was due.`
    const key = `schedule:${row.next_at}`
    await fireTrigger(ctx, { project: row.project, trigger: row.name, key, reason })
    await ctx.tables.write<PipelinesTables, unknown>((tx) =>
      tx
        .updateTable('triggers')
        .set({ next_at: nextDue(declaration.cron, now) })
        .where('project', '=', row.project)
        .where('name', '=', row.name)
        .where('next_at', '=', row.next_at)
        .execute(),
    )
  }
  const next = await readPipelines(ctx)
    .selectFrom('triggers')
    .select((eb) => eb.fn.min('next_at').as('at'))
    .where('enabled', '=', 1)
    .executeTakeFirst()
  return next?.at ?? null
}
