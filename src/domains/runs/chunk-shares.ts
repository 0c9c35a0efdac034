import { sql } from 'kysely'
import type { RunsTransaction } from './store.ts'

/**
 * Takes chunks from a series of a run, and gives how many were there. Its own are deleted unless
 * another run shares them; then they are only hidden. Of those that it shares itself, it lets go.
 */
export async function removeChunks(
  db: RunsTransaction,
  run: string,
  series: number,
  chunks: readonly number[],
): Promise<number> {
  if (chunks.length === 0) return 0
  const place = sql`run_id = ${run} and series = ${series} and chunk in (${sql.join(chunks)})`
  const shared = await db
    .deleteFrom('metric_shares')
    .where(sql<boolean>`${place}`)
    .returning(['source_run', 'source_series', 'source_chunk'])
    .execute()
  const hidden = await sql`insert into metric_hidden (run_id, series, chunk)
    select run_id, series, chunk from metric_chunks as own where ${place}
      and exists (select 1 from metric_shares where source_run = own.run_id
        and source_series = own.series and source_chunk = own.chunk)`.execute(db)
  const deleted = await sql`delete from metric_chunks where ${place} and not exists (
    select 1 from metric_hidden as hidden where hidden.run_id = metric_chunks.run_id
      and hidden.series = metric_chunks.series and hidden.chunk = metric_chunks.chunk)`.execute(db)
  for (const { source_run: source, source_series, source_chunk } of shared) {
    await dropHidden(db, source, source_series, source_chunk)
  }
  const own = Number(hidden.numAffectedRows ?? 0) + Number(deleted.numAffectedRows ?? 0)
  return shared.length + own
}

/** Deletes a chunk that its run has hidden, when nobody shares it any more. */
async function dropHidden(
  db: RunsTransaction,
  run: string,
  series: number,
  chunk: number,
): Promise<void> {
  const place = sql`run_id = ${run} and series = ${series} and chunk = ${chunk}`
  const hidden = await sql`delete from metric_hidden where ${place} and not exists (
    select 1 from metric_shares where source_run = ${run} and source_series = ${series}
      and source_chunk = ${chunk})`.execute(db)
  if (Number(hidden.numAffectedRows ?? 0) === 0) return
  await sql`delete from metric_chunks where ${place}`.execute(db)
}
