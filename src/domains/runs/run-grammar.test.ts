import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { GyreError } from '#kernel/errors'
import { readRunFilter, readRunOrder } from './run-grammar.ts'

type Term = [entity: string, key: string, comparator: string, value: unknown]

/** What MLflow 3.17.2 makes of each filter: its terms, or its message. */
const recorded = JSON.parse(
  readFileSync(new URL('golden/mlflow-filters.json', import.meta.url), 'utf8'),
) as [filter: string, answer: Term[] | string][]

/** Where we differ on purpose, and why. */
const explained: Readonly<Record<string, string>> = {
  "run_id in ('a' 'b')": 'Python puts neighbouring texts together; a missing comma is a mistake',
  'metrics.a = +1': 'a sign is part of a number',
  'metrics.a = 0x10': 'refused by both, for another reason',
  "params.my-key = 'x'": 'keys with - / : need no quotes here',
  "params.my/key = 'x'": 'keys with - / : need no quotes here',
  '   ': 'a blank filter is an empty one',
  'metrics.a > 1;': 'refused by both, with the message about several expressions',
  "'a' = params.x": 'refused by both, with another message',
  'params.a."b c" = \'x\'': 'quotes in the middle of a key are no part of it',
  "params.a = 'x' && params.b = 'y'": 'refused by both, with another message',
  ...Object.fromEntries(
    ['=', '!=', 'LIKE', 'ilike']
      .map((comparator) => `attributes.run_id ${comparator} ('a', 'b')`)
      .concat("run_id = ('a')")
      .map((filter) => [filter, 'MLflow reads it and then fails: only IN compares with a list']),
  ),
  ...Object.fromEntries(
    ['end_time LIKE 1', 'end_time ilike 1', 'end_time == 1', 'created LIKE 1', 'created ilike 1']
      .concat('created == 1')
      .map((filter) => [filter, 'MLflow lists the comparators of texts by mistake']),
  ),
}

const columns: Readonly<Record<string, string>> = {
  id: 'run_id',
  name: 'run_name',
  user_name: 'user_id',
  started_at: 'start_time',
  ended_at: 'end_time',
}

function answerOf(filter: string): Term[] | string {
  try {
    return readRunFilter('mlflow', filter).map(({ entity, key, comparator, value }) => [
      entity,
      entity === 'attribute' ? (columns[key] ?? key) : key,
      comparator,
      value,
    ])
  } catch (error) {
    assert.ok(error instanceof GyreError && error.code === 'invalid', String(error))
    return error.public
  }
}

/** Python lists a set in any order, and we say more about a clause that cannot be read. */
function comparable(answer: Term[] | string): unknown {
  if (typeof answer !== 'string') return answer
  if (answer.startsWith('Invalid clause')) return 'Invalid clause(s) in filter string'
  if (answer.startsWith('Invalid attribute key')) return answer.replace(/Valid keys.*/, '')
  const [text = '', ...sets] = answer.split('{')
  return [text, new Set(sets.join().match(/'[^']*'/g))]
}

test('filters of runs are read as MLflow reads them', () => {
  assert.ok(recorded.length > 400)
  const differing = recorded
    .filter(([filter, answer]) => {
      const [ours, theirs] = [answerOf(filter), answer].map(comparable)
      return !isDeepStrictEqual(ours, theirs)
    })
    .map(([filter]) => filter)
  assert.deepEqual(new Set(differing), new Set(Object.keys(explained)))
})

test('our own language has more attributes and asks everything for null', () => {
  const terms = readRunFilter('gyre', "metrics.a is null and name in ('x') and end_time is null")
  assert.deepEqual(terms, [
    { entity: 'metric', key: 'a', comparator: 'IS NULL', value: null },
    { entity: 'attribute', key: 'name', comparator: 'IN', value: ['x'] },
    { entity: 'attribute', key: 'ended_at', comparator: 'IS NULL', value: null },
  ])
})

test('orders are read as MLflow reads them', () => {
  const order = (...clauses: string[]) => readRunOrder('mlflow', clauses)
  assert.deepEqual(order('metrics.`a b` DESC', 'params.a.b', 'Created asc'), [
    { entity: 'metric', key: 'a b', ascending: false },
    { entity: 'parameter', key: 'a.b', ascending: true },
    { entity: 'attribute', key: 'started_at', ascending: true },
  ])
  const wrong: [string[], RegExp][] = [
    [['metrics.a foo'], /^Invalid ordering key in order_by clause 'metrics.a foo'\.$/],
    [['metrics.a desc asc'], /^Invalid order_by clause 'metrics.a desc asc'. Could not be parsed/],
    [[''], /^Invalid order_by clause ''/],
    [['metric.a, metric.b'], /^Invalid order_by clause/],
    [['attributes.`Run Name`'], /^Invalid attribute key 'Run Name' specified/],
    [['nope.x'], /^Invalid entity type 'nope'/],
    [['metrics.a', 'metric.a desc'], /contains duplicate fields/],
  ]
  for (const [clauses, message] of wrong) {
    assert.throws(
      () => order(...clauses),
      (error) =>
        error instanceof GyreError && error.code === 'invalid' && message.test(error.public),
      clauses.join(),
    )
  }
})
