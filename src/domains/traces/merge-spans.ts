import type { Context } from '#domains/access/index'
import type { TraceBatch } from './log-spans.ts'
import type { TraceFacts } from './span-facts.ts'
import type { TraceRow, TracesTransaction } from './store.ts'
import { costText, noUsage, sumUsage, tokenText, type Usage, usageColumns } from './token-usage.ts'
import { said, traceKeys } from './trace.ts'
import { writeTexts } from './write-texts.ts'

type NewPlace = Pick<TraceRow, 'project' | 'experiment'>

/** Brings the row of a trace up to what its spans say, which are written already. */
export async function mergeSpans(
  ctx: Context,
  db: TracesTransaction,
  batch: TraceBatch,
  known: TraceRow | NewPlace,
): Promise<void> {
  const before = 'id' in known ? known : emptyTrace(ctx, batch, known)
  const usage = await usageOf(db, before)
  const row = mergeFacts({ ...before, ...usage }, batch.facts)
  const { project, id: trace_id } = row
  if ('id' in known) {
    await db
      .updateTable('traces')
      .set(row)
      .where('project', '=', project)
      .where('id', '=', trace_id)
      .execute()
  } else {
    await db.insertInto('traces').values(row).execute()
  }
  const place = { project, trace_id }
  await writeTexts(db, 'trace_tags', place, {
    ...batch.tags,
    [traceKeys.spansLocation]: 'TRACKING_STORE',
  })
  await writeTexts(db, 'trace_metadata', place, metadataFrom(row, batch.facts))
}

function emptyTrace(ctx: Context, { id, facts }: TraceBatch, place: NewPlace): TraceRow {
  return {
    ...place,
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

/** What the client said of the whole stays; the rest follows from all spans together. */
async function usageOf(db: TracesTransaction, row: TraceRow): Promise<Partial<Usage>> {
  const saysTokens = (row.finalized & said.tokens) !== 0
  const saysCost = (row.finalized & said.cost) !== 0
  if (saysTokens && saysCost) return {}
  const nodes = await db
    .selectFrom('trace_spans')
    .select(['span_id', 'parent_id', ...usageColumns])
    .where('project', '=', row.project)
    .where('trace_id', '=', row.id)
    .execute()
  const sum = sumUsage(nodes)
  const ours = usageColumns.filter((column) => (column.endsWith('_cost') ? !saysCost : !saysTokens))
  return Object.fromEntries(ours.map((column) => [column, sum[column]]))
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
    [traceKeys.tokens]: (row.finalized & said.tokens) === 0 ? tokenText(row) : undefined,
    [traceKeys.cost]: (row.finalized & said.cost) === 0 ? costText(row) : undefined,
    [traceKeys.session]: row.session ?? undefined,
    [traceKeys.user]: row.finalized === 0 ? facts.user : undefined,
  }
  return Object.fromEntries(
    Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
