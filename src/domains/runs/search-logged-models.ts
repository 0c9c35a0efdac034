import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { invalid } from '#kernel/errors'
import type { Comparison } from '#kernel/filter/grammar'
import { parseFilter } from '#kernel/filter/parse-filter'
import { offsetOf, offsetToken } from '#kernel/page-token'
import { authorizeOnExperiments, type Context, experimentsWithin } from '#domains/access/index'
import { compareSql } from './compare-sql.ts'
import { describeLoggedModels, type LoggedModel } from './logged-model.ts'
import { type LoggedModelEntity, loggedModelGrammar } from './logged-model-grammar.ts'
import { loggedModelColumns, type LoggedModelRow } from './logged-model-rows.ts'
import { scanRuns } from './store.ts'

/** Metrics that were measured on it. */
export interface DatasetFilter {
  name: string
  digest?: string | undefined
}

export interface LoggedModelOrder {
  /** An attribute, or `metrics.` and a key: its latest value, on the data set if one is named. */
  field: string
  ascending: boolean
  dataset?: DatasetFilter | undefined
}

export interface LoggedModelSearch {
  project: string
  /** By their numbers. */
  experiments: readonly string[]
  filter: string
  /** Metrics of the filter count only where they were measured on one of these. */
  datasets?: readonly DatasetFilter[] | undefined
  orderBy?: readonly LoggedModelOrder[] | undefined
  limit: number
  pageToken?: string | undefined
}

type Condition = RawBuilder<SqlBool>

/**
 * Logged models of experiments that match a filter in MLflow's language, newest first unless asked
 * otherwise. Errors: `invalid` for a wrong filter, order or token.
 */
export async function searchLoggedModels(
  ctx: Context,
  input: LoggedModelSearch,
): Promise<{ items: LoggedModel[]; nextPageToken?: string }> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const offset = offsetOf(input.pageToken)
  const where = sql.join(
    [...conditionsOf(input), ...experimentsWithin(reach, 'models.experiment')],
    sql` and `,
  )
  const order = sql.join(orderOf(input.orderBy ?? []))
  const columns = sql.join(loggedModelColumns.map((column) => sql.ref(`models.${column}`)))
  const db = scanRuns(ctx)
  const { rows } = await sql<LoggedModelRow>`
    select ${columns} from logged_models as models where ${where} order by ${order}
    limit ${input.limit + 1} offset ${offset}`.execute(db)
  const items = await describeLoggedModels(db, rows.slice(0, input.limit))
  return rows.length > input.limit
    ? { items, nextPageToken: offsetToken(offset + input.limit) }
    : { items }
}

function conditionsOf(input: LoggedModelSearch): Condition[] {
  const numbers = input.experiments.map((id) => (/^\d{1,15}$/.test(id) ? Number(id) : -1))
  const datasets = input.datasets ?? []
  const comparisons = parseFilter(loggedModelGrammar, input.filter)
  const conditions = comparisons.map((comparison) => conditionOf(comparison, datasets))
  if (datasets.length > 0 && !comparisons.some(({ entity }) => entity === 'metrics')) {
    conditions.push(sql<SqlBool>`models.id in (
      select model_id from model_metrics where ${anyDataset(datasets)})`)
  }
  return [
    sql<SqlBool>`models.project = ${input.project}`,
    sql<SqlBool>`models.state = 'active'`,
    sql<SqlBool>`models.experiment in (${sql.join(numbers.length === 0 ? [-1] : numbers)})`,
    ...conditions,
  ]
}

const tables = { params: 'logged_model_params', tags: 'logged_model_tags' } as const

function conditionOf(
  comparison: Comparison<LoggedModelEntity>,
  datasets: readonly DatasetFilter[],
): Condition {
  const { entity, key } = comparison
  if (entity === 'attributes') {
    const known = key === 'status' ? inOurWords(comparison) : comparison
    return compareSql(sql.ref(`models.${key}`), known.comparator, known.value)
  }
  const compared = compareSql(sql.ref('logged.value'), comparison.comparator, comparison.value)
  if (entity === 'metrics') {
    const measured = datasets.length === 0 ? sql`1 = 1` : anyDataset(datasets)
    return sql<SqlBool>`models.id in (select model_id from model_metrics as logged
      where key = ${key} and is_nan = 0 and ${compared} and ${measured})`
  }
  return sql<SqlBool>`models.id in (select model_id from ${sql.table(tables[entity])} as logged
    where key = ${key} and ${compared})`
}

/** MLflow writes READY, we write ready. */
function inOurWords(comparison: Comparison<LoggedModelEntity>): Comparison<LoggedModelEntity> {
  const { value } = comparison
  if (typeof value === 'string') return { ...comparison, value: value.toLowerCase() }
  if (typeof value !== 'object' || value === null) return comparison
  return { ...comparison, value: value.map((text) => text.toLowerCase()) }
}

function anyDataset(datasets: readonly DatasetFilter[]): Condition {
  return sql<SqlBool>`(${sql.join(datasets.map(onDataset), sql` or `)})`
}

function onDataset({ name, digest }: DatasetFilter): Condition {
  return digest === undefined
    ? sql<SqlBool>`dataset_name = ${name}`
    : sql<SqlBool>`(dataset_name = ${name} and dataset_digest = ${digest})`
}

/** Models without the value come last; ties go by creation, newest first, then by id. */
function orderOf(orderBy: readonly LoggedModelOrder[]): RawBuilder<unknown>[] {
  const terms = orderBy.flatMap(({ field, ascending, dataset }) => {
    const direction = sql.raw(ascending ? 'asc' : 'desc')
    const value = field.includes('.') ? latestMetric(field, dataset) : attributeOf(field)
    return [sql`${value} is null`, sql`${value} ${direction}`]
  })
  return [...terms, sql`models.created_at desc`, sql`models.id`]
}

function attributeOf(field: string): RawBuilder<unknown> {
  const { keys = {} } = loggedModelGrammar.entities.attributes
  const rule = Object.hasOwn(keys, field) ? keys[field] : undefined
  if (rule !== undefined) return sql.ref(`models.${rule.means ?? field}`)
  throw invalid(`Invalid order by field name: ${field.slice(0, 200)}`)
}

function latestMetric(field: string, dataset: DatasetFilter | undefined): RawBuilder<unknown> {
  const [entity, ...rest] = field.split('.')
  if (entity !== 'metrics') {
    throw invalid(
      `Invalid order by field name: ${field.slice(0, 200)}. Only metrics are supported.`,
    )
  }
  const measured = dataset === undefined ? sql`1 = 1` : onDataset(dataset)
  return sql`(select case when is_nan = 1 then null else value end from model_metrics
    where model_id = models.id and key = ${rest.join('.')} and ${measured}
    order by timestamp desc, step desc, run_id limit 1)`
}
