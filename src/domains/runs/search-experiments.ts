import { invalid } from '#kernel/errors'
import {
  type Comparator,
  type Comparison,
  type Grammar,
  nullComparators,
  numberComparators,
  type Ordering,
  textComparators,
} from '#kernel/filter/grammar'
import { parseFilter } from '#kernel/filter/parse-filter'
import { parseOrder } from '#kernel/filter/parse-order'
import { parseStored } from '#kernel/json'
import { offsetOf } from '#kernel/page-token'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { experimentInfo, type ExperimentInfo, unwrittenDefault } from './experiments.ts'
import { noteTag } from './mirrored-tags.ts'
import { pageOf } from './list-page.ts'
import { experimentColumns, type ExperimentRow, readRuns, scanRuns } from './store.ts'

export interface ExperimentSearch {
  project: string
  /** `name like 'a%' and tags.team = 'x' and creation_time > 0`, as for runs. */
  filter: string
  /** `name`, `experiment_id`, `creation_time` or `last_update_time`, each with `asc` or `desc`. */
  orderBy: readonly string[]
  state: 'active' | 'deleted' | 'all'
  limit: number
  pageToken?: string | undefined
}

type Test = (row: ExperimentRow) => boolean
type Value = string | number

const attributes = {
  name: (row: ExperimentRow): Value => row.name,
  experiment_id: (row: ExperimentRow): Value => String(row.number),
  creation_time: (row: ExperimentRow): Value => row.created_at,
  last_update_time: (row: ExperimentRow): Value => row.updated_at,
}

/** As texts ids would come as 1, 10, 2. */
const orders = { ...attributes, experiment_id: (row: ExperimentRow): Value => row.number }

type Entity = 'attribute' | 'tag'

const grammar: Grammar<Entity> = {
  entities: {
    attribute: {
      aliases: ['attributes'],
      keys: {
        name: { value: 'text', comparators: textComparators },
        experiment_id: { value: 'text', comparators: ['=', '!=', 'IN', 'NOT IN'], lists: true },
        creation_time: { value: 'number', comparators: numberComparators },
        last_update_time: { value: 'number', comparators: numberComparators },
      },
    },
    tag: {
      aliases: ['tags'],
      other: { value: 'text', comparators: [...textComparators, ...nullComparators] },
    },
  },
  plain: 'attribute',
  nullable: 'tags',
}

/**
 * Experiments that match MLflow's filter; there are few enough to look at each. Errors: `invalid`
 * for a wrong filter, order or page token.
 */
export async function searchExperiments(
  ctx: Context,
  input: ExperimentSearch,
): Promise<{ items: ExperimentInfo[]; nextPageToken?: string }> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const tests = parseFilter(grammar, input.filter).map(testOf)
  const order = orderOf(parseOrder(grammar, input.orderBy))
  const offset = offsetOf(input.pageToken)
  const db = readRuns(ctx)
  const written = await scanRuns(ctx)
    .selectFrom('experiments')
    .select(experimentColumns)
    .where('project', '=', input.project)
    .execute()
  const fallback = await unwrittenDefault(db, input.project)
  const all = written.some((row) => row.number === 0) ? written : [...written, fallback]
  const rows = all
    .filter((row) => reach.holds(String(row.number)))
    .filter((row) => input.state === 'all' || row.state === input.state)
    .filter((row) => tests.every((test) => test(row)))
    .sort(order)
  const page = pageOf(rows, offset, input.limit)
  return { ...page, items: page.items.map((row) => experimentInfo(row)) }
}

function testOf(comparison: Comparison<Entity>): Test {
  const { entity, key, comparator } = comparison
  if (entity === 'attribute') {
    const read = attributes[key as keyof typeof attributes]
    const holds = valueTest(comparison)
    return (row) => holds(read(row))
  }
  if (comparator === 'IS NULL') return (row) => tagOf(row, key) === undefined
  if (comparator === 'IS NOT NULL') return (row) => tagOf(row, key) !== undefined
  const holds = valueTest(comparison)
  return (row) => {
    const value = tagOf(row, key)
    return value !== undefined && holds(value)
  }
}

function tagOf(row: ExperimentRow, key: string): string | undefined {
  if (key === noteTag) return row.description === '' ? undefined : row.description
  const tags = parseStored<Record<string, string>>(row.tags)
  return Object.hasOwn(tags, key) ? tags[key] : undefined
}

function valueTest({ comparator, value }: Comparison<Entity>): (actual: Value) => boolean {
  const wanted = value ?? ''
  if (typeof wanted === 'object') {
    return (actual) => wanted.includes(String(actual)) === (comparator === 'IN')
  }
  if (comparator === 'LIKE' || comparator === 'ILIKE') {
    const pattern = likePattern(String(wanted), comparator === 'ILIKE')
    return (actual) => pattern.test(String(actual))
  }
  return (actual) => holds(comparator, actual, wanted)
}

/** Ids are compared as the texts that clients write. */
function holds(comparator: Comparator, actual: Value, wanted: Value): boolean {
  if (comparator === '=') return actual === wanted
  if (comparator === '!=') return actual !== wanted
  if (comparator === '<') return actual < wanted
  if (comparator === '<=') return actual <= wanted
  return comparator === '>' ? actual > wanted : actual >= wanted
}

function likePattern(like: string, ignoreCase: boolean): RegExp {
  const escaped = like.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  const source = escaped.replaceAll('%', '.*').replaceAll('_', '.')
  return new RegExp(`^${source}$`, ignoreCase ? 'isu' : 'su')
}

function orderOf(
  orderings: readonly Ordering<Entity>[],
): (a: ExperimentRow, b: ExperimentRow) => number {
  const terms = orderings.map(({ entity, key, ascending }) => {
    if (entity !== 'attribute') throw invalid(`Invalid order_by entity: ${entity}`)
    return { read: orders[key as keyof typeof orders], sign: ascending ? 1 : -1 }
  })
  // Without any order the newest comes first, and of equals the first made; else the last made.
  if (terms.length === 0) {
    terms.push({ read: orders.creation_time, sign: -1 }, { read: orders.experiment_id, sign: 1 })
  }
  terms.push({ read: orders.experiment_id, sign: -1 })
  return (a, b) => {
    for (const { read, sign } of terms) {
      const [left, right] = [read(a), read(b)]
      if (left !== right) return left < right ? -sign : sign
    }
    return 0
  }
}
