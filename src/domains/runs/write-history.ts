import { sql } from 'kysely'
import type { Context } from '#domains/access/index'
import { type Head, type HistoryPlan, readWholeHead } from './history-plan.ts'
import { writeSummaries } from './metric-summary.ts'
import { outpaced } from './seal-metrics.ts'
import type { MetricShareRow, RunsTransaction } from './store.ts'

const sharesAtOnce = 500

/**
 * Gives a run that has no points the history that was planned: references to chunks, and what no
 * chunk has yet. Errors: `conflict` when a chunk is not there any more.
 */
export async function writeHistory(
  ctx: Context,
  db: RunsTransaction,
  run: string,
  plan: HistoryPlan,
): Promise<void> {
  const head = await readWholeHead(db, run)
  await checkSources(db, run, plan)
  await writeSummaries(
    db,
    plan.summaries.map((row) => ({ ...row, run_id: run })),
  )
  const rows = await sharesOf(db, run, plan)
  for (let start = 0; start < rows.length; start += sharesAtOnce) {
    await db
      .insertInto('metric_shares')
      .values(rows.slice(start, start + sharesAtOnce))
      .execute()
  }
  const { tail } = plan
  if (tail !== undefined) {
    const segment = { ...tail, run_id: run, segment: head.next_segment }
    await db.insertInto('metric_segments').values(segment).execute()
  }
  const values = {
    next_series: Math.max(head.next_series, plan.head.next_series),
    // Whoever remembers the run as it was sees by it that it is another.
    next_segment: head.next_segment + 1,
    segments: tail === undefined ? 0 : 1,
    points: tail?.points ?? 0,
    appended_at: ctx.clock(),
  }
  await db
    .insertInto('metric_heads')
    .values({ run_id: run, ...values })
    .onConflict((c) => c.column('run_id').doUpdateSet(values))
    .execute()
}

/** Takes all points from a run. Its chunks stay for those that share them. */
export async function clearHistory(db: RunsTransaction, run: string): Promise<void> {
  await sql`insert into metric_hidden (run_id, series, chunk)
    select run_id, series, chunk from metric_chunks as own where run_id = ${run}
      and not exists (select 1 from metric_hidden as hidden where hidden.run_id = own.run_id
        and hidden.series = own.series and hidden.chunk = own.chunk)`.execute(db)
  for (const table of ['metric_shares', 'metric_segments', 'run_metrics'] as const) {
    await db.deleteFrom(table).where('run_id', '=', run).execute()
  }
}

/** Throws `conflict` when a run was appended to or sealed since it was planned. */
export async function requireHead(db: RunsTransaction, run: string, known: Head): Promise<void> {
  const head = await readWholeHead(db, run)
  const keys = ['next_series', 'next_segment', 'segments', 'points'] as const
  if (keys.some((key) => head[key] !== known[key])) throw outpaced(run)
}

async function checkSources(db: RunsTransaction, run: string, plan: HistoryPlan): Promise<void> {
  const bySeries = Map.groupBy(plan.shares, (one) => `${one.source_run} ${one.source_series}`)
  for (const shares of bySeries.values()) {
    const chunks = [...new Set(shares.map((share) => share.source_chunk))]
    const [{ source_run, source_series }] = shares as [(typeof shares)[number]]
    const { rows } = await sql<{ count: number }>`select count(*) as count from metric_chunks
      where run_id = ${source_run} and series = ${source_series}
        and chunk in (${sql.join(chunks)})`.execute(db)
    if (Number(rows[0]?.count) !== chunks.length) throw outpaced(run)
  }
}

/** Numbered after all chunks that the run ever had of a series. */
async function sharesOf(
  db: RunsTransaction,
  run: string,
  plan: HistoryPlan,
): Promise<MetricShareRow[]> {
  const { rows } = await sql<{ series: number; last: number }>`
    select series, max(chunk) as last from metric_chunks where run_id = ${run}
    group by series`.execute(db)
  const next = new Map(rows.map(({ series, last }) => [series, Number(last) + 1]))
  return plan.shares.map((share) => {
    const chunk = next.get(share.series) ?? 0
    next.set(share.series, chunk + 1)
    return { ...share, run_id: run, chunk }
  })
}
