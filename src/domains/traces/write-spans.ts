import type { Context } from '#domains/access/index'
import type { TraceBatch } from './log-spans.ts'
import { packSpans, unpackSpans } from './payload.ts'
import { spanRow } from './span-facts.ts'
import type { TraceSpanRow, TracesTransaction } from './store.ts'
import { usageColumns } from './token-usage.ts'

type Place = Pick<TraceSpanRow, 'project' | 'trace_id' | 'experiment'>

const rowsAtOnce = 500
/** So many payloads of one trace become one. */
const mostPayloads = 32

const renewed = [
  'parent_id',
  'name',
  'type',
  'status',
  'started_us',
  'duration_us',
  'model',
  'provider',
  ...usageColumns,
] as const satisfies readonly (keyof TraceSpanRow)[]

/** Writes the spans of a trace and the rows that they are found by. */
export async function writeSpans(
  ctx: Context,
  db: TracesTransaction,
  batch: TraceBatch,
  place: Place,
): Promise<void> {
  const { project, trace_id } = place
  await db
    .insertInto('trace_payloads')
    .values({ project, trace_id, id: ctx.newId(), ...batch.packed })
    .onConflict((c) => c.columns(['project', 'trace_id', 'digest']).doNothing())
    .execute()
  await compactPayloads(ctx, db, place)
  const byId = new Map(batch.spans.map((span) => [span.spanId, spanRow(span, place)]))
  const rows = [...byId.values()]
  for (let at = 0; at < rows.length; at += rowsAtOnce) {
    await db
      .insertInto('trace_spans')
      .values(rows.slice(at, at + rowsAtOnce))
      .onConflict((c) =>
        c
          .columns(['project', 'trace_id', 'span_id'])
          .doUpdateSet((eb) =>
            Object.fromEntries(renewed.map((column) => [column, eb.ref(`excluded.${column}`)])),
          ),
      )
      .execute()
  }
}

/** A trace that grows for long, span by span, is still read in a few pieces. */
async function compactPayloads(ctx: Context, db: TracesTransaction, place: Place): Promise<void> {
  const own = db
    .selectFrom('trace_payloads')
    .where('project', '=', place.project)
    .where('trace_id', '=', place.trace_id)
  const counted = await own
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  if (Number(counted.count) < mostPayloads) return
  const payloads = await own.select(['id', 'payload']).orderBy('id').execute()
  const packed = packSpans(
    ctx,
    unpackSpans(
      ctx,
      payloads.map((row) => row.payload),
    ),
  )
  await db
    .deleteFrom('trace_payloads')
    .where('project', '=', place.project)
    .where('trace_id', '=', place.trace_id)
    .execute()
  const { project, trace_id } = place
  const id = payloads.at(-1)?.id ?? ctx.newId()
  await db
    .insertInto('trace_payloads')
    .values({ project, trace_id, id, ...packed })
    .execute()
}
