import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Comparison, Ordering } from '#kernel/filter/grammar'
import type { RunEntity } from './run-grammar.ts'
import { RunQuery } from './run-query.ts'
import type { RunsReader } from './store.ts'

export interface RunPage {
  conditions: readonly RawBuilder<SqlBool>[]
  comparisons: readonly Comparison<RunEntity>[]
  orderings: readonly Ordering<RunEntity>[]
  limit: number
  offset: number
}

/**
 * The ids of a page of runs. In the order of a metric, the runs that have a number are found by the
 * index, in order and no more of them than the page needs; only when they are too few come the others.
 */
export async function pageOfRuns(db: RunsReader, page: RunPage): Promise<string[]> {
  const [first] = page.orderings
  const { limit, offset } = page
  if (first?.entity !== 'metric') return idsOf(db, queryOf(page), limit, offset)
  const numbers = queryOf(page, (query) => query.orderByNumbers(first.key, first.ascending))
  const found = await idsOf(db, numbers, limit, offset)
  if (found.length === limit) return found
  const before = found.length > 0 ? offset + found.length : await countRuns(db, numbers)
  const others = queryOf(page, (query) => query.orderWithoutNumbers(first.key))
  const start = Math.max(0, offset - before)
  return [...found, ...(await idsOf(db, others, limit - found.length, start))]
}

/** How many runs there are on all pages. */
export async function countPages(db: RunsReader, page: RunPage): Promise<number> {
  return countRuns(db, queryOf(page))
}

/** `lead` stands for the first ordering, and comes before the comparisons: what it joins is joined first. */
export function queryOf(page: RunPage, lead?: (query: RunQuery) => void): RunQuery {
  const query = new RunQuery(page.conditions)
  lead?.(query)
  for (const ordering of page.orderings.slice(lead === undefined ? 0 : 1)) query.order(ordering)
  for (const comparison of page.comparisons) query.filter(comparison)
  const byStart = page.orderings.some(
    ({ entity, key }) => entity === 'attribute' && key === 'started_at',
  )
  query.endWith([...(byStart ? [] : [sql`runs.started_at desc nulls last`]), sql`runs.id`])
  return query
}

async function idsOf(
  db: RunsReader,
  query: RunQuery,
  limit: number,
  offset: number,
): Promise<string[]> {
  const { rows } = await query.ids(limit, offset).execute(db)
  return rows.map(({ id }) => id)
}

async function countRuns(db: RunsReader, query: RunQuery): Promise<number> {
  const { rows } = await query.count().execute(db)
  return Number(rows[0]?.total ?? 0)
}
