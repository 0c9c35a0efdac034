import { invalid } from '#kernel/errors'
import { type Subject, subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { findTrigger, triggerFromRow } from './declare-trigger.ts'
import { queueExecution } from './start-execution.ts'
import {
  type PipelinesTables,
  type PipelinesTransaction,
  readPipelines,
  triggerColumns,
} from './store.ts'
import { nextDue } from './trigger.ts'

export interface TriggerFiring {
  trigger: string
  key: string
  at: number
  reason: string
  execution: string
  /** false: it had fired for this key before; the execution is that one. */
  fired: boolean
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
