import type { Context } from '#domains/access/index'
import { inPieces } from './in-pieces.ts'
import type { PlacedBatch } from './log-spans.ts'
import { packSpans, unpackSpans } from './payload.ts'
import { spanRow } from './span-facts.ts'
import type { TraceSpanRow, TracesTransaction } from './store.ts'
import { usageColumns } from './token-usage.ts'

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

/** Writes the spans of traces and the rows that they are found by. */
export async function writeSpans(
  ctx: Context,
  db: TracesTransaction,
  placed: readonly PlacedBatch[],
): Promise<void> {
  const payloads = placed.map(({ batch, place: { project, trace_id } }) => ({
    project,
    trace_id,
    id: ctx.newId(),
    ...batch.packed,
  }))
  await db
    .insertInto('trace_payloads')
    .values(payloads)
    .onConflict((c) => c.columns(['project', 'trace_id', 'digest']).doNothing())
    .execute()
  for (const { place, known } of placed) {
    if (known !== undefined) await compactPayloads(ctx, db, place)
  }
  const rows = placed.flatMap(({ batch, place }) => {
    const byId = new Map(batch.spans.map((span) => [span.spanId, spanRow(span, place)]))
    return [...byId.values()]
  })
  for (const some of inPieces(rows, rowsAtOnce)) {
    await db
      .insertInto('trace_spans')
      .values(some)
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
async function compactPayloads(
  ctx: Context,
  db: TracesTransaction,
  place: PlacedBatch['place'],
): Promise<void> {
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
