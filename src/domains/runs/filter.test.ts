import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GyreError } from '#kernel/errors'
import { type Comparison, parseFilter } from './filter.ts'

function parsed(filter: string): Omit<Comparison, 'at'>[] {
  return parseFilter(filter).map(({ at: _at, ...rest }) => rest)
}

test('the grammar of MLflow is read', () => {
  assert.deepEqual(
    parsed(
      "metrics.auc > 0.6 and params.learner = 'trees' AND tags.x like '%a%' and attributes.status = 'FINISHED'",
    ),
    [
      { entity: 'metric', key: 'auc', comparator: '>', values: [0.6] },
      { entity: 'parameter', key: 'learner', comparator: '=', values: ['trees'] },
      { entity: 'tag', key: 'x', comparator: 'like', values: ['%a%'] },
      { entity: 'attribute', key: 'status', comparator: '=', values: ['FINISHED'] },
    ],
  )
  assert.deepEqual(parsed(''), [])
  assert.deepEqual(parsed('  '), [])
  assert.deepEqual(parsed('tags.mlflow.user != "a b"'), [
    { entity: 'tag', key: 'mlflow.user', comparator: '!=', values: ['a b'] },
  ])
  assert.deepEqual(parsed('params.`learning rate` is not null and metric."m 1" <= -1e-3'), [
    { entity: 'parameter', key: 'learning rate', comparator: 'is not null', values: [] },
    { entity: 'metric', key: 'm 1', comparator: '<=', values: [-0.001] },
  ])
  assert.deepEqual(parsed("run_id in ('a', 'b') and run_name NOT IN ('c')"), [
    { entity: 'attribute', key: 'run_id', comparator: 'in', values: ['a', 'b'] },
    { entity: 'attribute', key: 'run_name', comparator: 'not in', values: ['c'] },
  ])
})

test('what is wrong is told with its place', () => {
  const wrong: [string, RegExp][] = [
    ['metrics.auc >', /character 14.*a number or a text/],
    ['metric.a = 1 or metric.b = 2', /"or" and brackets are not supported/],
    ["params.a = 'x", /never closed/],
    ['params.a', /a comparison is expected/],
    ['nothing.a = 1', /"nothing" is not one of/],
    ['metrics. = 1', /a key is expected/],
    ['metrics.a ; 1', /";" is not expected/],
    ["run_id in 'a'", /a list such as/],
    ["run_id in ('a' 'b')", /"," or "\)"/],
    ['metrics.a = trees', /in quotes is expected/],
    ['and', /a comparison is expected/],
  ]
  for (const [filter, message] of wrong) {
    assert.throws(
      () => parseFilter(filter),
      (error) =>
        error instanceof GyreError && error.code === 'invalid' && message.test(error.public),
      filter,
    )
  }
})

const key = fc.stringMatching(/^[a-zA-Z_][\w/-]{0,12}$/)
const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string().filter((text) => !text.includes("'")),
)
const comparison = fc.record({
  entity: fc.constantFrom('metric', 'parameter', 'tag'),
  key,
  comparator: fc.constantFrom('=', '!=', '>', '>=', '<', '<=', 'like', 'ilike'),
  value,
})

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.array(comparison, { maxLength: 5 }), (comparisons) => {
      const text = comparisons
        .map(({ entity, key, comparator, value }) => {
          const shown = typeof value === 'number' ? String(value) : `'${value}'`
          return `${entity}s."${key}" ${comparator} ${shown}`
        })
        .join(' and ')
      const expected = comparisons.map(({ entity, key, comparator, value }) => ({
        entity,
        key,
        comparator,
        values: [value],
      }))
      assert.deepEqual(parsed(text), expected)
    }),
  )
})

test('no text makes the parser fail in another way', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseFilter(text)
      } catch (error) {
        assert.ok(error instanceof GyreError && error.code === 'invalid', String(error))
      }
    }),
  )
})
