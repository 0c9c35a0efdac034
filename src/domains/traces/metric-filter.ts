import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { invalid } from '#kernel/errors'
import { type Grammar, type KeyRule } from '#kernel/filter/grammar'
import { parseFilter } from '#kernel/filter/parse-filter'
import type { MetricView } from './metric-rules.ts'
import { traceHas } from './trace-has.ts'

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

/** What the view that reads such rows calls them. */
const rowNames = {
  span: { view: 'SPANS', name: 'spans' },
  assessment: { view: 'ASSESSMENTS', name: 'said' },
} as const

/** One comparison as a condition on what a view reads. Errors: `invalid`. */
export function metricFilter(view: MetricView, filter: string): RawBuilder<SqlBool> {
  const [comparison, ...more] = parseFilter(grammar, filter)
  if (comparison === undefined || more.length > 0) {
    throw invalid(`Invalid filter: '${filter.slice(0, 200)}'. Expected one filter clause.`)
  }
  const { entity, key, value } = comparison
  if (entity === 'trace') return traceCondition(key, value)
  const column = entity === 'assessment' && key === 'type' ? 'kind' : key
  const own = rowNames[entity]
  if (own.view === view) return sql<SqlBool>`${sql.ref(`${own.name}.${column}`)} = ${value}`
  return traceHas(entity, sql<SqlBool>`${sql.ref(`told.${column}`)} = ${value}`)
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
  return traceHas(kind, sql<SqlBool>`told.key = ${name} and told.value = ${value}`)
}
