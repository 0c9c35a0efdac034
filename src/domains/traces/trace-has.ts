import { type RawBuilder, type SqlBool, sql } from 'kysely'

/** What a condition calls the row. */
const tables = {
  tag: sql`trace_tags as told`,
  metadata: sql`trace_metadata as told`,
  span: sql`trace_spans as told`,
  assessment: sql`trace_assessments as told`,
  link: sql`trace_links as told`,
} as const

/**
 * Whether the trace of `traces` has such a row, `told`. It is looked up trace by trace: PostgreSQL
 * makes a join of a plain `exists`, which is quadratic as long as it does not know how many traces
 * arrived. The offset forbids that.
 */
export function traceHas(
  what: keyof typeof tables,
  condition: RawBuilder<SqlBool>,
): RawBuilder<SqlBool> {
  return sql<SqlBool>`exists (select 1 from ${tables[what]}
    where told.project = traces.project and told.trace_id = traces.id and ${condition}
    limit 1 offset 0)`
}
