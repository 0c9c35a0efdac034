import type { FrameSession } from '#ports/frames/frames'
import { keyList } from './source-sql.ts'
import type { LatestPlan } from './view-plan.ts'

/*
 * The latest value at t is that of the row with the greatest (event time, known moment) among rows
 * that happened and were known by t. A row comes into play at its start = the later of both. In the
 * order of starts only rows that are later events than all before them ever count, and of those the
 * last that started by t is the answer: so what is left can be found by one comparison.
 */

/** Creates `${name}_latest` (keys, start, ts, v0…) from rows as `sourceRows` gives them. */
export async function createLatest(
  session: FrameSession,
  name: string,
  plan: LatestPlan,
  keys: readonly string[],
  rows: string,
): Promise<void> {
  const list = keyList(keys)
  await session.run(
    `CREATE TEMP TABLE ${name}_latest AS
     SELECT ${list}, start, ts, ${unpack(plan)}
     FROM (
       SELECT *, max(ts) OVER (PARTITION BY ${list} ORDER BY start, ts, known
           ROWS UNBOUNDED PRECEDING) AS furthest
       FROM (${latestRows(plan, keys, rows)})
     ) WHERE ts = furthest
     QUALIFY row_number() OVER (PARTITION BY ${list}, start ORDER BY ts DESC, known DESC) = 1`,
  )
}

/** One row per (keys, event time, known moment): of equal ones that with the greatest values. */
export function latestRows(plan: LatestPlan, keys: readonly string[], rows: string): string {
  const values = plan.expressions.map((_, i) => `coalesce(CAST(e${i} AS DOUBLE), '-inf'::DOUBLE)`)
  return `SELECT ${keyList(keys)}, ts, known, greatest(ts, known) AS start,
      max([${values.join(', ')}]) AS packed
    FROM (${rows}) GROUP BY ${keyList(keys)}, ts, known`
}

function unpack(plan: LatestPlan): string {
  return plan.expressions
    .map((_, i) => `nullif(packed[${i + 1}], '-inf'::DOUBLE) AS v${i}`)
    .join(', ')
}
