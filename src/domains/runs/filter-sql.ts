import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Comparison } from '#kernel/filter/grammar'
import { mirroredColumn } from './mirrored-column.ts'
import type { RunEntity } from './run-grammar.ts'
import { runStatuses } from './status.ts'

type Condition = RawBuilder<SqlBool>

/** What names a value that is kept with the run itself; undefined for what is logged in rows. */
export function columnOf(name: {
  entity: RunEntity
  key: string
}): RawBuilder<unknown> | undefined {
  if (name.entity === 'tag') return mirroredColumn(name.key)
  if (name.entity !== 'attribute') return undefined
  return name.key === 'artifact_uri' ? artifactUri() : sql.ref(`runs.${name.key}`)
}

/** As `artifactUriOf`. */
function artifactUri(): RawBuilder<unknown> {
  return sql`case when runs.artifact_uri = ''
    then 'mlflow-artifacts:/' || runs.experiment || '/' || runs.id || '/artifacts'
    else runs.artifact_uri end`
}

/** A comparison of a value that is kept with the run itself. */
export function columnCondition(
  comparison: Comparison<RunEntity>,
  column: RawBuilder<unknown>,
): Condition {
  if (comparison.comparator === 'IS NULL') return sql<SqlBool>`${column} is null`
  if (comparison.comparator === 'IS NOT NULL') return sql<SqlBool>`${column} is not null`
  return compare(comparison.key === 'status' ? withOurStatus(comparison) : comparison, column)
}

/** One data set is enough. */
export function datasetCondition(comparison: Comparison<RunEntity>): Condition {
  const column = comparison.key === 'context' ? 'read.context' : `data.${comparison.key}`
  return sql<SqlBool>`exists (select 1 from run_dataset_inputs as read
    join run_datasets as data on data.id = read.dataset_id
    where read.run_id = runs.id and ${compare(comparison, sql.ref(column))})`
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

/** What stands before a comparator, compared with the value of a comparison. */
export function compare({ comparator, value }: Comparison, name: RawBuilder<unknown>): Condition {
  if (typeof value === 'object') {
    return sql<SqlBool>`${name} ${sql.raw(comparator)} (${sql.join(value ?? [])})`
  }
  // A backslash stands for itself, as in MLflow.
  const pattern = String(value).replaceAll('\\', '\\\\')
  if (comparator === 'LIKE') return sql<SqlBool>`${name} like ${pattern} escape '\\'`
  if (comparator === 'ILIKE') {
    // Both engines' lower() knows ASCII only under byte order, so that is what ILIKE ignores.
    const lowered = pattern.replaceAll(/[A-Z]/g, (c) => c.toLowerCase())
    return sql<SqlBool>`lower(${name}) like ${lowered} escape '\\'`
  }
  return sql<SqlBool>`${name} ${sql.raw(comparator)} ${value}`
}
