import { invalid } from '#kernel/errors'
import { offsetOf, offsetToken } from '#kernel/page-token'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { findAiEndpoint } from './ai-endpoint.ts'
import { notThere } from './names.ts'
import { changeStamps, newStamps, type Stamps, stampsFrom } from './stamps.ts'
import {
  aiBudgetColumns,
  type AiBudgetRow,
  type AiGatewayReader,
  type AiGatewayTables,
  readAiGateway,
} from './store.ts'

type BudgetScope = 'GLOBAL' | 'WORKSPACE' | 'ENDPOINT' | 'USER'
type DurationUnit = 'MINUTES' | 'HOURS' | 'DAYS' | 'WEEKS' | 'MONTHS'
type BudgetAction = 'ALERT' | 'REJECT'

/** How much may be spent in how long, and what happens when it is. */
export interface AiBudget extends Stamps {
  id: string
  /** US dollars. */
  amount: number
  duration: { unit: DurationUnit; value: number }
  scope: BudgetScope
  /** The id of an endpoint, or the name of a user. */
  target: string | undefined
  action: BudgetAction
}

export type NewAiBudget = Omit<AiBudget, keyof Stamps | 'id'>

/** Errors: `invalid`, `not_found` (endpoint). */
export async function createAiBudget(
  ctx: Context,
  input: { project: string; budget: NewAiBudget; by?: string | undefined },
): Promise<AiBudget> {
  authorize(ctx, 'operator', input.project)
  const { project } = input
  const id = `bp-${ctx.newId()}`
  return commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    const parts = await checkedParts(db, project, input.budget)
    const row: AiBudgetRow = { project, id, ...parts, ...newStamps(ctx, input.by) }
    await db.insertInto('ai_budgets').values(row).execute()
    const detail = { amount: row.amount, scope: row.scope, action: row.action }
    change.record({ verb: 'ai-budget.created', subject: subject('ai-budget', id), project, detail })
    return budgetFrom(row)
  })
}

/** Errors: `not_found`, `invalid`. */
export async function changeAiBudget(
  ctx: Context,
  input: {
    project: string
    id: string
    budget: { [Name in keyof NewAiBudget]?: NewAiBudget[Name] | undefined }
    by?: string | undefined
  },
): Promise<AiBudget> {
  authorize(ctx, 'operator', input.project)
  const { project, id, budget } = input
  return commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    const row = await findAiBudget(db, project, id)
    const known = budgetFrom(row)
    const scope = budget.scope ?? known.scope
    // A target means something in its own scope only.
    const target = budget.target ?? (scope === known.scope ? known.target : undefined)
    const parts = await checkedParts(db, project, {
      amount: budget.amount ?? known.amount,
      duration: budget.duration ?? known.duration,
      scope,
      target,
      action: budget.action ?? known.action,
    })
    const next: AiBudgetRow = { ...row, ...parts, ...changeStamps(ctx, input.by) }
    await db
      .updateTable('ai_budgets')
      .set(next)
      .where('project', '=', project)
      .where('id', '=', id)
      .execute()
    const detail = { amount: next.amount, scope: next.scope, action: next.action }
    change.record({ verb: 'ai-budget.changed', subject: subject('ai-budget', id), project, detail })
    return budgetFrom(next)
  })
}

/** Errors: `not_found`. */
export async function getAiBudget(
  ctx: Context,
  input: { project: string; id: string },
): Promise<AiBudget> {
  authorize(ctx, 'viewer', input.project)
  return budgetFrom(await findAiBudget(readAiGateway(ctx), input.project, input.id))
}

/** Errors: `invalid` (token). */
export async function listAiBudgets(
  ctx: Context,
  input: { project: string; limit: number; pageToken?: string | undefined },
): Promise<{ items: AiBudget[]; nextPageToken?: string }> {
  authorize(ctx, 'viewer', input.project)
  const offset = offsetOf(input.pageToken)
  const rows = await readAiGateway(ctx)
    .selectFrom('ai_budgets')
    .select(aiBudgetColumns)
    .where('project', '=', input.project)
    .orderBy('id')
    .limit(input.limit + 1)
    .offset(offset)
    .execute()
  const items = rows.slice(0, input.limit).map(budgetFrom)
  return rows.length <= input.limit
    ? { items }
    : { items, nextPageToken: offsetToken(offset + input.limit) }
}

/** Errors: `not_found`. */
export async function deleteAiBudget(
  ctx: Context,
  input: { project: string; id: string },
): Promise<void> {
  authorize(ctx, 'operator', input.project)
  const { project, id } = input
  await commit(ctx, async (change) => {
    const db = change.sql<AiGatewayTables>()
    await findAiBudget(db, project, id)
    await db.deleteFrom('ai_budgets').where('project', '=', project).where('id', '=', id).execute()
    change.record({ verb: 'ai-budget.deleted', subject: subject('ai-budget', id), project })
  })
}

async function findAiBudget(
  db: AiGatewayReader,
  project: string,
  id: string,
): Promise<AiBudgetRow> {
  const row = await db
    .selectFrom('ai_budgets')
    .select(aiBudgetColumns)
    .where('project', '=', project)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw notThere('BudgetPolicy', 'budget_policy_id', id)
  return row
}

async function checkedParts(
  db: AiGatewayReader,
  project: string,
  { amount, duration, scope, target, action }: NewAiBudget,
): Promise<
  Omit<AiBudgetRow, 'project' | 'id' | 'created_at' | 'updated_at' | 'created_by' | 'updated_by'>
> {
  if (!Number.isFinite(amount) || amount <= 0) {
    throw invalid(`budget_amount must be a positive number, got ${amount}`)
  }
  if (!Number.isSafeInteger(duration.value) || duration.value < 1 || duration.value > 10_000) {
    throw invalid(`The duration of a budget must be from 1 to 10,000, got ${duration.value}`)
  }
  const targeted = scope === 'ENDPOINT' || scope === 'USER'
  if (targeted && (target === undefined || target === '')) {
    throw invalid(`target_value is required when target_scope is ${scope}.`)
  }
  if (scope === 'ENDPOINT') await findAiEndpoint(db, project, { id: target ?? '' })
  return {
    amount,
    duration_unit: duration.unit,
    duration_value: duration.value,
    scope,
    target: targeted ? (target ?? null) : null,
    action,
  }
}

function budgetFrom(row: AiBudgetRow): AiBudget {
  return {
    id: row.id,
    amount: row.amount,
    duration: {
      unit: row.duration_unit as AiBudget['duration']['unit'],
      value: row.duration_value,
    },
    scope: row.scope as AiBudget['scope'],
    target: row.target ?? undefined,
    action: row.action as AiBudget['action'],
    ...stampsFrom(row),
  }
}
