import { type RawBuilder, sql } from 'kysely'
import { invalid } from '#kernel/errors'
import { parseOrder } from '#kernel/filter/parse-order'
import { traceKeys } from './trace.ts'
import { type TraceEntity, traceGrammar } from './trace-grammar.ts'

/** What is not there comes last. Then the newest first. Errors: `invalid`. */
export function traceOrder(orderBy: readonly string[]): RawBuilder<unknown> {
  const orderings = parseOrder(traceGrammar, orderBy)
  const terms = orderings.flatMap(({ entity, key, ascending }) => {
    const column = columnOf(entity, key)
    const direction = sql.raw(ascending ? 'asc' : 'desc')
    return [sql`case when ${column} is null then 1 else 0 end`, sql`${column} ${direction}`]
  })
  const said = (column: string) =>
    orderings.some(({ entity, key }) => entity === 'attribute' && key === column)
  if (!said('requested_at')) terms.push(sql`traces.requested_at desc`)
  if (!said('id')) terms.push(sql`traces.id asc`)
  return sql.join(terms)
}

function columnOf(entity: TraceEntity, key: string): RawBuilder<unknown> {
  if (entity === 'attribute') {
    if (key === 'run') return textOf('trace_metadata', traceKeys.run)
    if (key === 'ended_at') return sql`(traces.requested_at + coalesce(traces.duration_ms, 0))`
    return sql.ref(`traces.${key}`)
  }
  if (entity === 'tag') {
    return key === traceKeys.name ? sql.ref('traces.name') : textOf('trace_tags', key)
  }
  if (entity !== 'request_metadata') {
    throw invalid(`Invalid order_by entity \`${entity}\` with key \`${key.slice(0, 200)}\``)
  }
  return key === traceKeys.session ? sql.ref('traces.session') : textOf('trace_metadata', key)
}

function textOf(table: 'trace_tags' | 'trace_metadata', key: string): RawBuilder<unknown> {
  return sql`(select told.value from ${sql.table(table)} as told
    where told.project = traces.project and told.trace_id = traces.id and told.key = ${key})`
}
