import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { offsetOf, offsetToken } from '#kernel/page-token'
import { authorizeOnExperiments, type Context, experimentsHeld } from '#domains/access/index'
import { inPieces } from './in-pieces.ts'
import { describeTraces, readSpans } from './read-traces.ts'
import { readTraces, scanTraces, traceColumns, type TraceRow } from './store.ts'
import type { TraceInfo } from './trace.ts'
import { type TextCheck, type TraceConditions, traceConditions } from './trace-conditions.ts'
import { traceOrder } from './trace-order.ts'

export interface TraceSearch {
  project: string
  /** Ids. */
  experiments: readonly string[]
  filter: string
  orderBy?: readonly string[] | undefined
  limit: number
  pageToken?: string | undefined
}

/** So many are looked at together when SQL alone cannot tell. */
const looksAtOnce = 200
/** A request reads the spans of no more traces than that: the rest is for the next page. */
const mostLookedAt = 2000

/**
 * Traces that match a filter in MLflow's grammar, newest first, a page at a time.
 * Errors: `invalid` for a wrong filter, order or token.
 */
export async function searchTraces(
  ctx: Context,
  search: TraceSearch,
): Promise<{ items: TraceInfo[]; nextPageToken?: string }> {
  const reach = authorizeOnExperiments(ctx, 'viewer', search.project)
  const input = { ...search, experiments: experimentsHeld(reach, search.experiments) }
  const conditions = traceConditions(input.project, input.filter)
  const offset = offsetOf(input.pageToken)
  if (conditions.span === undefined && conditions.texts.length === 0) {
    const rows = await readRows(ctx, input, conditions, offset)
    return page(
      ctx,
      input.project,
      rows,
      rows.length === input.limit ? offset + rows.length : undefined,
    )
  }
  const { ids, next } = await lookThrough(ctx, input, conditions, offset)
  const rows: TraceRow[] = []
  for (const some of inPieces(ids, looksAtOnce)) rows.push(...(await rowsOf(ctx, input, some)))
  return page(ctx, input.project, rows, next)
}

/**
 * Ids that match from an offset, of so many traces as one request may look through, and the offset of
 * the next page if there may be one: a page can be short, or empty, and not be the last.
 */
async function lookThrough(
  ctx: Context,
  input: TraceSearch,
  conditions: TraceConditions,
  offset: number,
): Promise<{ ids: string[]; next?: number }> {
  const ids: string[] = []
  let next = offset
  const candidates = await readIds(ctx, input, conditions, offset)
  for (const some of inPieces(candidates, looksAtOnce)) {
    const matching = await matchingIds(ctx, input.project, conditions, some)
    for (const { id } of some) {
      next++
      if (matching.has(id)) ids.push(id)
      if (ids.length === input.limit) return { ids, next }
    }
  }
  return candidates.length < mostLookedAt ? { ids } : { ids, next }
}

/** The ids of all traces that match, of a filter alone. Errors: `invalid`. */
export async function matchingTraces(
  ctx: Context,
  input: Pick<TraceSearch, 'project' | 'experiments' | 'filter'>,
): Promise<ReadonlySet<string>> {
  const conditions = traceConditions(input.project, input.filter)
  const where = whereOf(input, conditions)
  if (where === undefined) return new Set()
  const { rows } = await sql<{ id: string }>`
    select traces.id as id from traces where ${where}`.execute(scanTraces(ctx))
  if (conditions.span === undefined && conditions.texts.length === 0) {
    return new Set(rows.map((row) => row.id))
  }
  const found = new Set<string>()
  for (const some of inPieces(rows, looksAtOnce)) {
    for (const id of await matchingIds(ctx, input.project, conditions, some)) found.add(id)
  }
  return found
}

async function page(
  ctx: Context,
  project: string,
  rows: readonly TraceRow[],
  next: number | undefined,
): Promise<{ items: TraceInfo[]; nextPageToken?: string }> {
  const items = await describeTraces(readTraces(ctx), project, rows)
  return next === undefined ? { items } : { items, nextPageToken: offsetToken(next) }
}

const columns = sql.join(traceColumns.map((column) => sql.ref(`traces.${column}`)))

async function readRows(
  ctx: Context,
  input: TraceSearch,
  conditions: TraceConditions,
  offset: number,
): Promise<TraceRow[]> {
  const where = whereOf(input, conditions)
  if (where === undefined) return []
  const { rows } = await sql<TraceRow>`
    select ${columns} from traces where ${where}
    order by ${traceOrder(input.orderBy ?? [])} limit ${input.limit} offset ${offset}`.execute(
    scanTraces(ctx),
  )
  return rows
}

async function readIds(
  ctx: Context,
  input: TraceSearch,
  conditions: TraceConditions,
  offset: number,
): Promise<{ id: string }[]> {
  const where = whereOf(input, conditions)
  if (where === undefined) return []
  const { rows } = await sql<{ id: string }>`
    select traces.id as id from traces where ${where}
    order by ${traceOrder(input.orderBy ?? [])} limit ${mostLookedAt} offset ${offset}`.execute(
    scanTraces(ctx),
  )
  return rows
}

/** In the order of the ids; those that are gone are left out. */
async function rowsOf(
  ctx: Context,
  { project }: TraceSearch,
  ids: readonly string[],
): Promise<TraceRow[]> {
  const rows = await readTraces(ctx)
    .selectFrom('traces')
    .select(traceColumns)
    .where('project', '=', project)
    .where('id', 'in', [...ids])
    .execute()
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/** `undefined`: no experiment is named, so nothing matches. */
function whereOf(
  { project, experiments }: Pick<TraceSearch, 'project' | 'experiments'>,
  conditions: TraceConditions,
): RawBuilder<SqlBool> | undefined {
  const numbers = experiments.filter((id) => /^\d{1,15}$/.test(id)).map(Number)
  if (numbers.length === 0) return undefined
  const all = [
    sql<SqlBool>`traces.project = ${project}`,
    sql<SqlBool>`traces.experiment in (${sql.join(numbers)})`,
    ...conditions.sql,
  ]
  return sql<SqlBool>`${sql.join(all, sql` and `)}`
}

/** Those of the traces that pass what SQL cannot tell. */
async function matchingIds(
  ctx: Context,
  project: string,
  conditions: TraceConditions,
  rows: readonly { id: string }[],
): Promise<ReadonlySet<string>> {
  let ids = rows.map((row) => row.id)
  for (const check of conditions.texts) ids = await passing(ctx, check, ids)
  const { span: test, literal } = conditions
  if (test === undefined || ids.length === 0) return new Set(ids)
  if (literal !== '') ids = await holding(ctx, project, ids, literal)
  const spans = await readSpans(ctx, project, ids)
  return new Set(ids.filter((id) => spans.get(id)?.some(test) === true))
}

async function passing(ctx: Context, check: TextCheck, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return ids
  const { rows } = await sql<{ trace_id: string; value: string | null }>`
    select trace_id, value from (${check.rows}) as told
    where trace_id in (${sql.join(ids)})`.execute(scanTraces(ctx))
  const passed = new Set(
    rows.filter(({ value }) => value !== null && check.test(value)).map((row) => row.trace_id),
  )
  return ids.filter((id) => passed.has(id))
}

/** A look at the raw texts, which is far cheaper than reading the spans. */
async function holding(
  ctx: Context,
  project: string,
  ids: readonly string[],
  literal: string,
): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await scanTraces(ctx)
    .selectFrom('trace_payloads')
    .select(['trace_id', 'payload'])
    .where('project', '=', project)
    .where('trace_id', 'in', [...ids])
    .execute()
  const held = new Set<string>()
  for (const { trace_id, payload } of rows) {
    if (!held.has(trace_id) && ctx.inflate(payload).includes(literal)) held.add(trace_id)
  }
  return ids.filter((id) => held.has(id))
}
