import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { invalid } from '#kernel/errors'
import { type Grammar, type KeyRule } from '#kernel/filter/grammar'
import { parseFilter } from '#kernel/filter/parse-filter'
import type { MetricView } from './metric-rules.ts'

type Entity = 'trace' | 'span' | 'assessment'

const equal: KeyRule = { value: 'text', comparators: ['='] }

const grammar: Grammar<Entity> = {
  entities: {
    trace: { aliases: [], keys: { status: equal }, other: equal },
    span: { aliases: [], keys: { name: equal, status: equal, type: equal } },
    assessment: { aliases: [], keys: { name: equal, type: equal } },
  },
  plain: 'trace',
  nullable: 'nothing',
}

/** One comparison as a condition on what a view reads. Errors: `invalid`. */
export function metricFilter(view: MetricView, filter: string): RawBuilder<SqlBool> {
  const [comparison, ...more] = parseFilter(grammar, filter)
  if (comparison === undefined || more.length > 0) {
    throw invalid(`Invalid filter: '${filter.slice(0, 200)}'. Expected one filter clause.`)
  }
  const { entity, key, value } = comparison
  if (entity === 'trace') return traceCondition(key, value)
  if (entity === 'span') {
    const own = sql<SqlBool>`${sql.ref(`spans.${key}`)} = ${value}`
    return view === 'SPANS' ? own : anyOf(sql`trace_spans as spans`, 'spans', own)
  }
  const column = key === 'type' ? 'kind' : key
  const own = sql<SqlBool>`${sql.ref(`said.${column}`)} = ${value}`
  return view === 'ASSESSMENTS' ? own : anyOf(sql`trace_assessments as said`, 'said', own)
}

function traceCondition(key: string, value: unknown): RawBuilder<SqlBool> {
  if (key === 'status') return sql<SqlBool>`traces.state = ${value}`
  const [kind, ...rest] = key.split('.')
  const name = rest.join('.')
  if ((kind !== 'tag' && kind !== 'metadata') || name === '') {
    throw invalid(
      `Invalid entity '${key.slice(0, 100)}' specified for view type 'trace'. ` +
        "Valid entities are ['status', 'tag.<key>', 'metadata.<key>']",
    )
  }
  const table = kind === 'tag' ? 'trace_tags' : 'trace_metadata'
  const own = sql<SqlBool>`told.key = ${name} and told.value = ${value}`
  return anyOf(sql`${sql.table(table)} as told`, 'told', own)
}

function anyOf(
  source: RawBuilder<unknown>,
  name: string,
  condition: RawBuilder<SqlBool>,
): RawBuilder<SqlBool> {
  return sql<SqlBool>`exists (select 1 from ${source}
    where ${sql.ref(`${name}.project`)} = traces.project
      and ${sql.ref(`${name}.trace_id`)} = traces.id and ${condition})`
}
