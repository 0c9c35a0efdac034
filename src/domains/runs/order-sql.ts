import { type RawBuilder, sql } from 'kysely'
import { GyreError, invalid } from '#kernel/errors'
import { type Comparison, parseFilter } from './filter.ts'
import { attributeColumn } from './filter-sql.ts'

/**
 * An ORDER BY list on `runs` from texts such as `metrics.auc desc`. Runs without the value come
 * last, NaN before them; ties go by start and id, newest first, so that pages never overlap.
 */
export function orderOf(orderBy: readonly string[]): RawBuilder<unknown> {
  const parts = orderBy.flatMap(orderTerms)
  const ends = [sql`runs.started_at is null`, sql`runs.started_at desc`, sql`runs.id desc`]
  return sql.join([
    ...parts,
    ...(orderBy.length === 0 ? [sql`runs.started_at desc`, sql`runs.id desc`] : ends),
  ])
}

function orderTerms(text: string): RawBuilder<unknown>[] {
  const match = /^(.*?)(?:\s+(asc|desc))?$/i.exec(text.trim())
  const name = match?.[1] ?? ''
  const direction = sql.raw((match?.[2] ?? 'asc').toLowerCase())
  // The name is what a filter has before its comparison, so the filter's parser reads it.
  const parsed = readName(name)
  if (parsed.entity === 'attribute') {
    const column = sql.ref(`runs.${attributeColumn(parsed.key).column}`)
    return [sql`${column} is null`, sql`${column} ${direction}`]
  }
  if (parsed.entity === 'metric') {
    const pick = (column: string) =>
      sql`(select ${sql.ref(column)} from run_metrics where run_id = runs.id and key = ${parsed.key})`
    return [sql`coalesce(${pick('is_nan')}, 2)`, sql`${pick('value')} ${direction}`]
  }
  const table = sql.table(parsed.entity === 'tag' ? 'run_tags' : 'run_parameters')
  const value = sql`(select value from ${table} where run_id = runs.id and key = ${parsed.key})`
  return [sql`${value} is null`, sql`${value} ${direction}`]
}

function readName(name: string): Comparison {
  const [parsed, ...more] = parseName(name)
  if (parsed !== undefined && more.length === 0) return parsed
  throw invalid(orderProblem(name))
}

function parseName(name: string): Comparison[] {
  try {
    return parseFilter(`${name} is null`)
  } catch (thrown) {
    if (thrown instanceof GyreError) throw invalid(orderProblem(name))
    throw thrown
  }
}

function orderProblem(name: string): string {
  return (
    `${JSON.stringify(name.slice(0, 100))} cannot be ordered by. ` +
    'Write metrics.auc desc, params.depth, tags.team or attributes.start_time.'
  )
}
