import { type RawBuilder, sql } from 'kysely'
import { invalid } from '#kernel/errors'
import type { Ordering } from '#kernel/filter/grammar'
import { mirroredColumn } from './mirrored-column.ts'
import type { RunEntity } from './run-grammar.ts'

/**
 * An ORDER BY list on `runs`. Runs without the value come last, NaN before them; ties go by start,
 * the newest first, then by id, so that pages never overlap.
 */
export function orderOf(orderings: readonly Ordering<RunEntity>[]): RawBuilder<unknown> {
  const byStart = orderings.some(
    ({ entity, key }) => entity === 'attribute' && key === 'started_at',
  )
  const ends = byStart
    ? [sql`runs.id`]
    : [sql`runs.started_at is null`, sql`runs.started_at desc`, sql`runs.id`]
  return sql.join([...orderings.flatMap(orderTerms), ...ends])
}

function orderTerms({ entity, key, ascending }: Ordering<RunEntity>): RawBuilder<unknown>[] {
  const direction = sql.raw(ascending ? 'asc' : 'desc')
  if (entity === 'attribute') {
    const column = sql.ref(`runs.${key}`)
    return [sql`${column} is null`, sql`${column} ${direction}`]
  }
  if (entity === 'metric') {
    const pick = (column: string) =>
      sql`(select ${sql.ref(column)} from run_metrics where run_id = runs.id and key = ${key})`
    return [sql`coalesce(${pick('is_nan')}, 2)`, sql`${pick('value')} ${direction}`]
  }
  if (entity === 'dataset') throw invalid("Invalid identifier type 'dataset'")
  const mirrored = entity === 'tag' ? mirroredColumn(key) : undefined
  if (mirrored !== undefined) return [sql`${mirrored} is null`, sql`${mirrored} ${direction}`]
  const table = sql.table(entity === 'tag' ? 'run_tags' : 'run_parameters')
  const value = sql`(select value from ${table} where run_id = runs.id and key = ${key})`
  return [sql`${value} is null`, sql`${value} ${direction}`]
}
