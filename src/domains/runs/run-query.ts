import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { invalid } from '#kernel/errors'
import type { Comparison, Ordering } from '#kernel/filter/grammar'
import { columnCondition, columnOf, compare, datasetCondition } from './filter-sql.ts'
import type { RunEntity } from './run-grammar.ts'

type Condition = RawBuilder<SqlBool>

const tables = {
  metric: 'run_metrics',
  minimum: 'run_metrics',
  maximum: 'run_metrics',
  parameter: 'run_parameters',
  tag: 'run_tags',
} as const
type Logged = keyof typeof tables

/** The column that holds what is asked for. */
function columnIn(entity: Logged): string {
  return entity === 'minimum' || entity === 'maximum' ? entity : 'value'
}

/**
 * A query of the ids of runs, with what it asks of what they logged as joins: a run has at most one
 * row for each key, so none comes twice. SQLite joins in the order that is written (`cross join`);
 * PostgreSQL finds its own.
 */
export class RunQuery {
  readonly #joins: RawBuilder<unknown>[] = []
  readonly #conditions: Condition[]
  readonly #aliases = new Map<string, string>()
  readonly #ends: RawBuilder<unknown>[] = []
  readonly #orders: RawBuilder<unknown>[] = []
  #first: RawBuilder<unknown> = sql`runs`

  constructor(conditions: readonly Condition[]) {
    this.#conditions = [...conditions]
  }

  filter(comparison: Comparison<RunEntity>): void {
    const { entity, key, comparator } = comparison
    const column = columnOf(comparison)
    if (column !== undefined) {
      this.#conditions.push(columnCondition(comparison, column))
    } else if (!isLogged(entity)) {
      this.#conditions.push(datasetCondition(comparison))
    } else if (comparator === 'IS NULL') {
      this.#conditions.push(without(entity, key))
    } else {
      const row = this.#join(entity, key)
      if (comparator === 'IS NOT NULL') return
      const value = compare(comparison, sql.ref(`${row}.${columnIn(entity)}`))
      this.#conditions.push(entity === 'metric' ? withNan(row, comparator, value) : value)
    }
  }

  /** By what a run logged under a key; runs without it come last, NaN before them. */
  order(ordering: Ordering<RunEntity>): void {
    const { entity, key } = ordering
    const direction = sql.raw(ordering.ascending ? 'asc' : 'desc')
    const column = columnOf(ordering)
    if (column !== undefined) {
      this.#orders.push(sql`${column} ${direction} nulls last`)
      return
    }
    if (!isLogged(entity)) {
      throw invalid(
        `Invalid identifier type '${entity}': runs cannot be ordered by the data sets that they read.`,
      )
    }
    const table = sql.table(tables[entity])
    const pick = (column: string) =>
      sql`(select ${sql.ref(column)} from ${table} where run_id = runs.id and key = ${key})`
    if (entity === 'metric') this.#orders.push(sql`coalesce(${pick('is_nan')}, 2)`)
    this.#orders.push(sql`${pick(columnIn(entity))} ${direction} nulls last`)
  }

  /** Only the runs that have a number under a key, by that number: the index has them in order. */
  orderByNumbers(key: string, ascending: boolean): void {
    const row = this.#join('metric', key, 'first')
    this.#conditions.push(sql<SqlBool>`${sql.ref(`${row}.is_nan`)} = 0`)
    this.#orders.push(sql`${sql.ref(`${row}.value`)} ${sql.raw(ascending ? 'asc' : 'desc')}`)
  }

  /** Only the runs that have no number under a key: those with NaN, then those without any. */
  orderWithoutNumbers(key: string): void {
    const nan = sql`select 1 from run_metrics where run_id = runs.id and key = ${key} and is_nan = 1`
    this.#conditions.push(sql<SqlBool>`(exists (${nan}) or ${without('metric', key)})`)
    this.#orders.push(sql`case when exists (${nan}) then 0 else 1 end`)
  }

  /** Ties go by start, the newest first, then by id, so that pages never overlap. */
  endWith(terms: readonly RawBuilder<unknown>[]): void {
    this.#ends.push(...terms)
  }

  ids(limit: number, offset: number): RawBuilder<{ id: string }> {
    const order = sql.join([...this.#orders, ...this.#ends])
    return sql`select runs.id as id from ${this.#from()} where ${this.#where()}
      order by ${order} limit ${limit} offset ${offset}`
  }

  /** What follows the columns of a query of all of them. */
  rest(): RawBuilder<unknown> {
    return sql`from ${this.#from()} where ${this.#where()}`
  }

  count(): RawBuilder<{ total: number }> {
    return sql`select count(*) as total from ${this.#from()} where ${this.#where()}`
  }

  #from(): RawBuilder<unknown> {
    return sql.join([this.#first, ...this.#joins], sql` cross join `)
  }

  #where(): RawBuilder<unknown> {
    return sql.join(this.#conditions, sql` and `)
  }

  /** The alias of the row that a run has for a key. */
  #join(entity: Logged, key: string, place: 'first' | 'last' = 'last'): string {
    const name = `${tables[entity]}.${key}`
    const known = this.#aliases.get(name)
    if (known !== undefined) return known
    const alias = `logged_${this.#aliases.size}`
    this.#aliases.set(name, alias)
    const table = sql`${sql.table(tables[entity])} as ${sql.ref(alias)}`
    this.#conditions.push(
      sql<SqlBool>`${sql.ref(`${alias}.run_id`)} = runs.id and ${sql.ref(`${alias}.key`)} = ${key}`,
    )
    if (place === 'first') {
      this.#joins.unshift(this.#first)
      this.#first = table
    } else {
      this.#joins.push(table)
    }
    return alias
  }
}

function isLogged(entity: RunEntity): entity is Logged {
  return entity in tables
}

function without(entity: Logged, key: string): Condition {
  const table = sql.table(tables[entity])
  return sql<SqlBool>`not exists (select 1 from ${table} where run_id = runs.id and key = ${key})`
}

/** A NaN is stored as 0 and equals nothing, so that only `!=` finds it. */
function withNan(row: string, comparator: string, value: Condition): Condition {
  const isNan = sql.ref(`${row}.is_nan`)
  return comparator === '!='
    ? sql<SqlBool>`(${isNan} = 1 or ${value})`
    : sql<SqlBool>`${isNan} = 0 and ${value}`
}
