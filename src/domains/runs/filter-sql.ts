import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Comparison } from '#kernel/filter/grammar'
import { compareSql } from './compare-sql.ts'
import { mirroredColumn } from './mirrored-column.ts'
import type { RunEntity } from './run-grammar.ts'
import { runStatuses } from './status.ts'

type Condition = RawBuilder<SqlBool>

/** One comparison as a condition on `runs`, its values bound. */
export function conditionOf(comparison: Comparison<RunEntity>): Condition {
  if (comparison.entity === 'attribute') return attributeCondition(comparison)
  if (comparison.entity === 'dataset') return datasetCondition(comparison)
  const mirrored = comparison.entity === 'tag' ? mirroredColumn(comparison.key) : undefined
  if (mirrored !== undefined) return columnCondition(comparison, mirrored)
  const rows = loggedRows(comparison)
  if (comparison.comparator === 'IS NULL') return sql<SqlBool>`runs.id not in (${rows})`
  if (comparison.comparator === 'IS NOT NULL') return sql<SqlBool>`runs.id in (${rows})`
  const condition = comparison.entity === 'metric' ? metricCondition : textCondition
  return sql<SqlBool>`runs.id in (${rows} and ${condition(comparison)})`
}

const tables = { metric: 'run_metrics', parameter: 'run_parameters', tag: 'run_tags' } as const

/** The runs that logged this key at all. */
function loggedRows({ entity, key }: Comparison<RunEntity>): RawBuilder<unknown> {
  const table = sql.table(tables[entity as keyof typeof tables])
  return sql`select logged.run_id from ${table} as logged where logged.key = ${key}`
}

/** The data sets of a run, each with what it was used for. */
function datasetCondition(comparison: Comparison<RunEntity>): Condition {
  const { key } = comparison
  const column = sql.ref(key === 'context' ? 'read.context' : `described.${key}`)
  return sql<SqlBool>`runs.id in (
    select read.run_id from run_dataset_inputs as read
    join run_datasets as described on described.id = read.dataset_id
    where ${compare(comparison, column)})`
}

function attributeCondition(comparison: Comparison<RunEntity>): Condition {
  const { key } = comparison
  const column = key === 'artifact_uri' ? artifactUri() : sql.ref(`runs.${key}`)
  return columnCondition(comparison, column)
}

/** As `artifactUriOf`. */
function artifactUri(): RawBuilder<unknown> {
  return sql`case when runs.artifact_uri = ''
    then 'mlflow-artifacts:/' || runs.experiment || '/' || runs.id || '/artifacts'
    else runs.artifact_uri end`
}

function columnCondition(comparison: Comparison<RunEntity>, name: RawBuilder<unknown>): Condition {
  return compare(comparison.key === 'status' ? withOurStatus(comparison) : comparison, name)
}

/** MLflow writes FINISHED, we write finished. */
function withOurStatus(comparison: Comparison<RunEntity>): Comparison<RunEntity> {
  const { value } = comparison
  const ours = (text: string): string => {
    const lower = text.toLowerCase()
    return runStatuses.some((status) => status === lower) ? lower : text
  }
  if (typeof value === 'string') return { ...comparison, value: ours(value) }
  return typeof value === 'object' && value !== null
    ? { ...comparison, value: value.map(ours) }
    : comparison
}

/** A NaN is stored as 0 and equals nothing, so that only `!=` finds it. */
function metricCondition(comparison: Comparison<RunEntity>): Condition {
  const compared = compare(comparison, sql.ref('logged.value'))
  return comparison.comparator === '!='
    ? sql<SqlBool>`(logged.is_nan = 1 or ${compared})`
    : sql<SqlBool>`logged.is_nan = 0 and ${compared}`
}

function textCondition(comparison: Comparison<RunEntity>): Condition {
  return compare(comparison, sql.ref('logged.value'))
}

function compare({ comparator, value }: Comparison, column: RawBuilder<unknown>): Condition {
  return compareSql(column, comparator, value)
}
