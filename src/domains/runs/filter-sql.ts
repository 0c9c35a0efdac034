import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { invalid } from '#kernel/errors'
import type { Comparison, Entity } from './filter.ts'
import { runStatuses } from './status.ts'

type Condition = RawBuilder<SqlBool>

/** Attributes as people and MLflow write them, and the columns that they are. */
const attributes: Readonly<Record<string, { column: string; numeric: boolean }>> = {
  run_id: { column: 'id', numeric: false },
  id: { column: 'id', numeric: false },
  run_name: { column: 'name', numeric: false },
  name: { column: 'name', numeric: false },
  'run name': { column: 'name', numeric: false },
  user_id: { column: 'user_name', numeric: false },
  user: { column: 'user_name', numeric: false },
  status: { column: 'status', numeric: false },
  start_time: { column: 'started_at', numeric: true },
  created: { column: 'started_at', numeric: true },
  end_time: { column: 'ended_at', numeric: true },
}

export function attributeColumn(key: string): { column: string; numeric: boolean } {
  const found = attributes[key.toLowerCase()]
  if (found !== undefined) return found
  throw invalid(
    `There is no run attribute ${JSON.stringify(key.slice(0, 100))}. There are ` +
      `${Object.keys(attributes).join(', ')}; others are metrics.…, params.… or tags.….`,
  )
}

/** One comparison as a condition on `runs`, its values bound. Errors: `invalid` for a wrong value. */
export function conditionOf(comparison: Comparison): Condition {
  if (comparison.entity === 'attribute') return attributeCondition(comparison)
  if (comparison.entity === 'metric') return metricCondition(comparison)
  return textCondition(comparison)
}

function attributeCondition(comparison: Comparison): Condition {
  const { column, numeric } = attributeColumn(comparison.key)
  const name = sql.ref(`runs.${column}`)
  const nullness = nullCondition(comparison, name)
  if (nullness !== undefined) return nullness
  if (numeric) return numericCondition(comparison, name)
  const values = comparison.values.map((value) => statusValue(column, String(value)))
  return textComparison({ ...comparison, values }, name)
}

/** MLflow writes FINISHED, we write finished. */
function statusValue(column: string, value: string): string {
  const lower = value.toLowerCase()
  const known = runStatuses.some((status) => status === lower)
  return column === 'status' && known ? lower : value
}

function metricCondition(comparison: Comparison): Condition {
  const matching = (condition: Condition) =>
    sql<SqlBool>`runs.id in (select run_id from run_metrics where key = ${comparison.key} and ${condition})`
  if (comparison.comparator === 'is not null') return matching(sql<SqlBool>`1 = 1`)
  if (comparison.comparator === 'is null') {
    return sql<SqlBool>`runs.id not in (select run_id from run_metrics where key = ${comparison.key})`
  }
  const compared = numericCondition(comparison, sql.ref('run_metrics.value'))
  return matching(sql<SqlBool>`is_nan = 0 and ${compared}`)
}

const tables: Readonly<Record<Exclude<Entity, 'attribute' | 'metric'>, string>> = {
  parameter: 'run_parameters',
  tag: 'run_tags',
}

function textCondition(comparison: Comparison): Condition {
  const table = tables[comparison.entity as 'parameter' | 'tag']
  const key = sql<SqlBool>`key = ${comparison.key}`
  const rows = sql`select run_id from ${sql.table(table)} where ${key}`
  if (comparison.comparator === 'is null') return sql<SqlBool>`runs.id not in (${rows})`
  if (comparison.comparator === 'is not null') return sql<SqlBool>`runs.id in (${rows})`
  const compared = textComparison(comparison, sql.ref(`${table}.value`))
  return sql<SqlBool>`runs.id in (${rows} and ${compared})`
}

function nullCondition(comparison: Comparison, name: RawBuilder<unknown>): Condition | undefined {
  if (comparison.comparator === 'is null') return sql<SqlBool>`${name} is null`
  if (comparison.comparator === 'is not null') return sql<SqlBool>`${name} is not null`
  return undefined
}

function numericCondition(comparison: Comparison, name: RawBuilder<unknown>): Condition {
  const { comparator, key } = comparison
  if (comparator === 'like' || comparator === 'ilike') {
    throw invalid(`${key} is a number: compare it with =, !=, >, >=, < or <=.`)
  }
  const values = comparison.values.map((value) => {
    if (typeof value === 'number') return value
    throw invalid(`${key} is a number: compare it with a number without quotes, not '${value}'.`)
  })
  return compare(comparator, name, values)
}

function textComparison(comparison: Comparison, name: RawBuilder<unknown>): Condition {
  const { comparator, key } = comparison
  const values = comparison.values.map((value) => {
    if (typeof value === 'string') return value
    throw invalid(`${key} is a text: put the value in quotes, '${value}'.`)
  })
  // A backslash stands for itself, as in MLflow.
  const pattern = (values[0] ?? '').replaceAll('\\', '\\\\')
  if (comparator === 'like') return sql<SqlBool>`${name} like ${pattern} escape '\\'`
  if (comparator === 'ilike') {
    // Both engines' lower() knows ASCII only under byte order, so that is what ilike ignores.
    const lowered = pattern.replaceAll(/[A-Z]/g, (c) => c.toLowerCase())
    return sql<SqlBool>`lower(${name}) like ${lowered} escape '\\'`
  }
  if (!['=', '!=', 'in', 'not in'].includes(comparator)) {
    throw invalid(`${key} is a text: compare it with =, !=, like, ilike, in or not in.`)
  }
  return compare(comparator, name, values)
}

function compare(
  comparator: string,
  name: RawBuilder<unknown>,
  values: readonly (string | number)[],
): Condition {
  if (comparator === 'in') return sql<SqlBool>`${name} in (${sql.join(values)})`
  if (comparator === 'not in') return sql<SqlBool>`${name} not in (${sql.join(values)})`
  return sql<SqlBool>`${name} ${sql.raw(comparator)} ${values[0]}`
}
