import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { invalid } from '#kernel/errors'
import {
  type Grammar,
  type KeyRule,
  numberComparators,
  textComparators,
} from '#kernel/filter/grammar'
import { parseFilter } from '#kernel/filter/parse-filter'
import { parseOrder } from '#kernel/filter/parse-order'
import { offsetOf, offsetToken } from '#kernel/page-token'
import { authorize, type Context } from '#domains/access/index'
import { compareSql } from '#domains/runs/index'
import { describeSets, type EvaluationSet } from './evaluation-set.ts'
import { evaluationSetColumns, type EvaluationSetRow, readEvaluation } from './store.ts'

const text: KeyRule = { value: 'text', comparators: textComparators, only: 'filter' }
const time: KeyRule = { value: 'number', comparators: numberComparators }

const grammar: Grammar<'attribute' | 'tag'> = {
  entities: {
    attribute: {
      aliases: ['attributes'],
      keys: {
        name: { value: 'text', comparators: [...textComparators, 'IN'], lists: true },
        created_time: { ...time, means: 'created_at' },
        last_update_time: { ...time, means: 'updated_at' },
        created_by: text,
        last_updated_by: { ...text, means: 'updated_by' },
      },
    },
    tag: { aliases: ['tags'], other: { ...text } },
  },
  plain: 'attribute',
  nullable: 'nothing',
}

export interface EvaluationSetSearch {
  project: string
  /** Ids; none: of all. */
  experiments: readonly string[]
  filter: string
  orderBy: readonly string[]
  limit: number
  pageToken?: string | undefined
}

/** Sets that match, newest first unless ordered otherwise. Errors: `invalid`. */
export async function searchEvaluationSets(
  ctx: Context,
  input: EvaluationSetSearch,
): Promise<{ items: EvaluationSet[]; nextPageToken?: string }> {
  authorize(ctx, 'viewer', input.project)
  const offset = offsetOf(input.pageToken)
  const where = [sql<SqlBool>`sets.project = ${input.project}`, ...conditionsOf(input)]
  const columns = sql.join(evaluationSetColumns.map((column) => sql.ref(`sets.${column}`)))
  const db = readEvaluation(ctx)
  const { rows } = await sql<EvaluationSetRow>`
    select ${columns} from evaluation_sets as sets where ${sql.join(where, sql` and `)}
    order by ${orderOf(input.orderBy)} limit ${input.limit + 1} offset ${offset}`.execute(db)
  const items = await describeSets(db, input.project, rows.slice(0, input.limit))
  return rows.length <= input.limit
    ? { items }
    : { items, nextPageToken: offsetToken(offset + input.limit) }
}

function conditionsOf({ experiments, filter }: EvaluationSetSearch): RawBuilder<SqlBool>[] {
  const conditions = parseFilter(grammar, filter).map(({ entity, key, comparator, value }) => {
    if (entity === 'attribute') return compareSql(sql.ref(`sets.${key}`), comparator, value)
    const compared = compareSql(sql.ref('tags.value'), comparator, value)
    return sql<SqlBool>`exists (select 1 from evaluation_set_tags as tags
      where tags.project = sets.project and tags.set_id = sets.id and tags.key = ${key}
        and ${compared})`
  })
  if (experiments.length === 0) return conditions
  const numbers = experiments.filter((id) => /^\d{1,15}$/.test(id)).map(Number)
  if (numbers.length === 0) return [...conditions, sql<SqlBool>`1 = 0`]
  const shown = sql<SqlBool>`exists (select 1 from evaluation_set_experiments as links
    where links.project = sets.project and links.set_id = sets.id
      and links.experiment in (${sql.join(numbers)}))`
  return [...conditions, shown]
}

function orderOf(orderBy: readonly string[]): RawBuilder<unknown> {
  const terms = parseOrder(grammar, orderBy.length === 0 ? ['created_time DESC'] : orderBy).map(
    ({ entity, key, ascending }) => {
      if (entity !== 'attribute') throw invalid(`Invalid order_by entity: ${entity}`)
      return sql`${sql.ref(`sets.${key}`)} ${sql.raw(ascending ? 'asc' : 'desc')}`
    },
  )
  return sql.join([...terms, sql`sets.id desc`])
}
