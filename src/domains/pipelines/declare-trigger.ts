import { notFound } from '#kernel/errors'
import { canonicalJson, type Json, parseStored } from '#kernel/json'
import { checkName } from '#kernel/names'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import {
  type PipelinesReader,
  type PipelinesTables,
  type PipelinesTransaction,
  readPipelines,
  triggerColumns,
  type TriggerRow,
} from './store.ts'
import { nextDue, parseTrigger, type Trigger, type TriggerDeclaration } from './trigger.ts'

/** Creates or changes a trigger; the same again changes nothing. Errors: `invalid`. */
export async function declareTrigger(
  ctx: Context,
  input: {
    project: string
    trigger: string
    declaration: TriggerDeclaration
    enabled?: boolean | undefined
  },
): Promise<Trigger> {
  authorize(ctx, 'operator', input.project)
  const name = checkName('trigger', input.trigger)
  const declaration = parseTrigger(input.declaration, `trigger ${name}`)
  const enabled = input.enabled === false ? 0 : 1
  return commit(ctx, async (change) => {
    const db = change.sql<PipelinesTables>()
    const known = await lookUpTrigger(db, input.project, name)
    const text = canonicalJson(declaration)
    if (known !== undefined && known.declaration === text && known.enabled === enabled) {
      return triggerFromRow(known)
    }
    const now = ctx.clock()
    const next: TriggerRow = {
      project: input.project,
      name,
      declaration: text,
      enabled,
      next_at: enabled === 1 ? dueAt(declaration, now) : null,
      last_fired_at: known?.last_fired_at ?? null,
      last_execution: known?.last_execution ?? null,
      created_at: known?.created_at ?? now,
      updated_at: now,
    }
    await writeTrigger(db, next)
    change.record({
      verb: known === undefined ? 'trigger.created' : 'trigger.declared',
      subject: subject('trigger', name),
      project: input.project,
      detail: { declaration: parseStored<Json>(text), enabled: enabled === 1 },
    })
    return triggerFromRow(next)
  })
}

/** By this machine's clock; a schedule by event times is due when data comes. */
function dueAt(declaration: TriggerDeclaration, now: number): number | null {
  if (declaration.on !== 'schedule' || declaration.dataset !== undefined) return null
  return nextDue(declaration.cron, now)
}

async function writeTrigger(db: PipelinesTransaction, row: TriggerRow): Promise<void> {
  const { declaration, enabled, next_at, updated_at } = row
  await db
    .insertInto('triggers')
    .values(row)
    .onConflict((c) =>
      c.columns(['project', 'name']).doUpdateSet({ declaration, enabled, next_at, updated_at }),
    )
    .execute()
}

/** Removes a trigger; what it fired stays. Errors: `not_found`. */
export async function removeTrigger(
  ctx: Context,
  input: { project: string; trigger: string },
): Promise<void> {
  authorize(ctx, 'operator', input.project)
  await commit(ctx, async (change) => {
    const db = change.sql<PipelinesTables>()
    await findTrigger(db, input.project, input.trigger)
    await db
      .deleteFrom('triggers')
      .where('project', '=', input.project)
      .where('name', '=', input.trigger)
      .execute()
    change.record({
      verb: 'trigger.removed',
      subject: subject('trigger', input.trigger),
      project: input.project,
    })
  })
}

/** Triggers of a project by name. */
export async function listTriggers(
  ctx: Context,
  input: { project: string },
): Promise<{ items: Trigger[] }> {
  authorize(ctx, 'viewer', input.project)
  const rows = await readPipelines(ctx)
    .selectFrom('triggers')
    .select(triggerColumns)
    .where('project', '=', input.project)
    .orderBy('name')
    .execute()
  return { items: rows.map(triggerFromRow) }
}

async function lookUpTrigger(
  db: PipelinesReader,
  project: string,
  name: string,
): Promise<TriggerRow | undefined> {
  return db
    .selectFrom('triggers')
    .select(triggerColumns)
    .where('project', '=', project)
    .where('name', '=', name)
    .executeTakeFirst()
}

/** Errors: `not_found`. */
export async function findTrigger(
  db: PipelinesReader,
  project: string,
  name: string,
): Promise<TriggerRow> {
  const row = await lookUpTrigger(db, project, name)
  if (row === undefined) throw notFound('trigger', name.slice(0, 128))
  return row
}

export function triggerFromRow(row: TriggerRow): Trigger {
  return {
    name: row.name,
    declaration: parseStored<TriggerDeclaration>(row.declaration),
    enabled: row.enabled === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastFiredAt: row.last_fired_at,
    lastExecution: row.last_execution,
    nextAt: row.next_at,
  }
}
