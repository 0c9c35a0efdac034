import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { invalid } from '#kernel/errors'
import { compareSql } from '#domains/runs/index'
import type { TraceComparison } from './trace-grammar.ts'
import { traceHas } from './trace-has.ts'
import { traceKeys } from './trace.ts'

const orders = ['>', '>=', '<', '<=']

/**
 * A condition on the valid feedback or expectations of a trace. What was said of a whole session, on
 * any of its traces, holds for all of them.
 */
export function assessmentCondition(
  project: string,
  { entity, key, comparator, value }: TraceComparison,
): RawBuilder<SqlBool> {
  if (key === '') throw invalid('Assessment field name cannot be empty')
  const own = sql<SqlBool>`told.kind = ${entity} and told.name = ${key} and told.valid = 1`
  if (comparator === 'IS NULL') return sql<SqlBool>`not ${isSaid(project, own)}`
  if (comparator === 'IS NOT NULL') return isSaid(project, own)
  return isSaid(project, sql<SqlBool>`${own} and ${valueCondition(entity, comparator, value)}`)
}

/** Values are kept as JSON: a text matches with or without its quotes. */
function valueCondition(
  entity: string,
  comparator: TraceComparison['comparator'],
  value: TraceComparison['value'],
): RawBuilder<SqlBool> {
  if (orders.includes(comparator)) {
    if (typeof value !== 'number') {
      throw invalid(
        `Expected a numeric value for ${entity} when using comparator '${comparator}'. ` +
          `Got value '${String(value).slice(0, 200)}'`,
      )
    }
    const compared = compareSql(sql.ref('told.score'), comparator, value)
    return sql<SqlBool>`told.is_numeric = 1 and ${compared}`
  }
  if (typeof value !== 'string') {
    throw invalid(
      `Expected a quoted string value for ${entity} (e.g. 'my-value'). Got value ${String(value)}`,
    )
  }
  const column = sql.ref('told.value')
  if (comparator !== '=' && comparator !== '!=') return compareSql(column, comparator, value)
  const equal = sql<SqlBool>`${column} in (${value}, ${JSON.stringify(value)})`
  return comparator === '=' ? equal : sql<SqlBool>`not ${equal}`
}

function isSaid(project: string, condition: RawBuilder<SqlBool>): RawBuilder<SqlBool> {
  const ofSession = `%"${traceKeys.session}":%`
  return sql<SqlBool>`(${traceHas('assessment', condition)}
    or (traces.session is not null and exists (
      select 1 from traces as others
        join trace_assessments as told
          on told.project = others.project and told.trace_id = others.id
      where others.project = ${project} and others.experiment = traces.experiment
        and others.session = traces.session
        and told.metadata like ${ofSession} and ${condition})))`
}
