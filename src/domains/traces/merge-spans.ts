import type { Context } from '#domains/access/index'
import { inPieces } from './in-pieces.ts'
import type { PlacedBatch, TraceBatch } from './log-spans.ts'
import type { TraceFacts } from './span-facts.ts'
import type { TraceRow, TracesTransaction } from './store.ts'
import {
  costText,
  noUsage,
  sumUsage,
  tokenText,
  type Usage,
  type UsageNode,
  usageColumns,
} from './token-usage.ts'
import { said, traceKeys } from './trace.ts'
import { writeManyTexts } from './write-texts.ts'

const rowsAtOnce = 200

/** Brings the rows of traces up to what their spans say, which are written already. */
export async function mergeSpans(
  ctx: Context,
  db: TracesTransaction,
  placed: readonly PlacedBatch[],
): Promise<void> {
  const nodes = await usageNodes(db, placed)
  const merged = placed.map(({ batch, place, known }) => {
    const before = known ?? emptyTrace(ctx, batch, place)
    const usage = usageOf(before, nodes.get(batch.id) ?? [])
    return { batch, place, known, row: mergeFacts({ ...before, ...usage }, batch.facts) }
  })
  const added = merged.filter(({ known }) => known === undefined).map(({ row }) => row)
  for (const rows of inPieces(added, rowsAtOnce)) {
    await db.insertInto('traces').values(rows).execute()
  }
  for (const { known, row } of merged) {
    if (known !== undefined) await updateTrace(db, row)
  }
  const tags = merged.map(({ place, batch }) => ({
    place,
    texts: { ...batch.tags, [traceKeys.spansLocation]: 'TRACKING_STORE' },
  }))
  const metadata = merged.map(({ place, batch, row }) => ({
    place,
    texts: metadataFrom(row, batch.facts),
  }))
  await writeManyTexts(db, 'trace_tags', tags)
  await writeManyTexts(db, 'trace_metadata', metadata)
}

async function updateTrace(db: TracesTransaction, row: TraceRow): Promise<void> {
  await db
    .updateTable('traces')
    .set(row)
    .where('project', '=', row.project)
    .where('id', '=', row.id)
    .execute()
}

function emptyTrace(
  ctx: Context,
  { id, facts }: TraceBatch,
  { project, experiment }: PlacedBatch['place'],
): TraceRow {
  return {
    project,
    experiment,
    id,
    state: 'IN_PROGRESS',
    requested_at: facts.startedMs,
    duration_ms: null,
    name: null,
    session: null,
    client_request_id: null,
    request_preview: null,
    response_preview: null,
    ...noUsage,
    finalized: 0,
    created_at: ctx.clock(),
  }
}

/** What all spans of each trace say that they used, unless a client said it of the whole. */
async function usageNodes(
  db: TracesTransaction,
  placed: readonly PlacedBatch[],
): Promise<ReadonlyMap<string, UsageNode[]>> {
  const [first] = placed
  const open = placed.filter(({ known }) => !saysTokens(known) || !saysCost(known))
  if (first === undefined || open.length === 0) return new Map()
  const ids = open.map(({ batch }) => batch.id)
  const rows = await db
    .selectFrom('trace_spans')
    .select(['trace_id', 'span_id', 'parent_id', ...usageColumns])
    .where('project', '=', first.place.project)
    .where('trace_id', 'in', ids)
    .execute()
  return Map.groupBy(rows, (row) => row.trace_id)
}

/** What the client said of the whole stays; the rest follows from all spans together. */
function usageOf(row: TraceRow, nodes: readonly UsageNode[]): Partial<Usage> {
  const sum = sumUsage(nodes)
  const ours = usageColumns.filter((column) =>
    column.endsWith('_cost') ? !saysCost(row) : !saysTokens(row),
  )
  return Object.fromEntries(ours.map((column) => [column, sum[column]]))
}

function saysTokens(row: TraceRow | undefined): boolean {
  return ((row?.finalized ?? 0) & said.tokens) !== 0
}

function saysCost(row: TraceRow | undefined): boolean {
  return ((row?.finalized ?? 0) & said.cost) !== 0
}

function mergeFacts(row: TraceRow, facts: TraceFacts): TraceRow {
  const inProgress = row.state === 'IN_PROGRESS' || row.state === 'STATE_UNSPECIFIED'
  const merged: TraceRow = {
    ...row,
    state: inProgress ? (facts.state ?? row.state) : row.state,
    name: facts.tags[traceKeys.name] ?? row.name ?? facts.name ?? null,
    session: row.session ?? facts.session ?? null,
    request_preview: row.request_preview ?? facts.request ?? null,
    response_preview: row.response_preview ?? facts.response ?? null,
  }
  if (row.finalized !== 0) return merged
  const start = Math.min(row.requested_at, facts.startedMs)
  const ends = [
    facts.endedMs,
    row.duration_ms === null ? undefined : row.requested_at + row.duration_ms,
  ]
  const known = ends.filter((end) => end !== undefined)
  return {
    ...merged,
    requested_at: start,
    duration_ms: known.length === 0 ? null : Math.max(...known) - start,
  }
}

function metadataFrom(row: TraceRow, facts: TraceFacts): Record<string, string> {
  const texts = {
    [traceKeys.tokens]: !saysTokens(row) ? tokenText(row) : undefined,
    [traceKeys.cost]: !saysCost(row) ? costText(row) : undefined,
    [traceKeys.session]: row.session ?? undefined,
    [traceKeys.user]: row.finalized === 0 ? facts.user : undefined,
  }
  return Object.fromEntries(
    Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
