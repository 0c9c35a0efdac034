import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GyreError } from '#kernel/errors'
import {
  boolean,
  double,
  enumeration,
  fromQuery,
  int64,
  list,
  map,
  message,
  reader,
  required,
  text,
  WrongType,
} from './fields.ts'
import { numberLiteral } from './number-literal.ts'

const shape = {
  run_id: required(text),
  step: int64,
  value: double,
  archived: boolean,
  view: enumeration({ ACTIVE_ONLY: 1, ALL: 3 }),
  names: list(text),
  points: list(message({ key: required(text), timestamp: required(int64) })),
  labels: map(text),
}
const read = reader(shape)

function refusal(source: Record<string, unknown>): string {
  try {
    read(source)
  } catch (thrown) {
    assert.ok(thrown instanceof GyreError)
    return thrown.public
  }
  throw new Error('It was accepted.')
}

test('a message is read as protocol buffers read it', () => {
  assert.deepEqual(
    read({
      run_uuid: 'r',
      step: '12',
      value: 'NaN',
      view: 3,
      names: ['a'],
      points: [{ key: 'k', timestamp: 1e3, other: {} }],
      unknown: 1,
      labels: { a: 'b' },
      archived: null,
    }),
    {
      run_id: 'r',
      step: 12,
      value: Number.NaN,
      archived: undefined,
      view: 'ALL',
      names: ['a'],
      points: [{ key: 'k', timestamp: 1000 }],
      labels: { a: 'b' },
    },
  )
  assert.equal(read({ runId: 'camel' }).run_id, 'camel')
  assert.deepEqual(read({ run_id: 'r' }).points, [])
})

test('what is wrong is named as MLflow names it', () => {
  const docs = ' See the API docs for more information about request parameters.'
  for (const empty of [{}, { run_id: '' }, { run_id: null }]) {
    assert.equal(refusal(empty), `Missing value for required parameter 'run_id'.${docs}`)
  }
  assert.equal(
    refusal({ run_id: 5 }),
    `Invalid value 5 for parameter 'run_id' supplied:  Hint: Value was of type 'int'.${docs}`,
  )
  assert.equal(
    refusal({ run_id: 'r', points: [{ key: 'k' }] }),
    `Missing value for required parameter 'points[0].timestamp'.${docs}`,
  )
  assert.match(
    refusal({ run_id: 'r', points: 'foo' }),
    /^Invalid value "foo" for parameter 'points' supplied: .*'str'/,
  )
  assert.match(
    refusal({ run_id: 'r', points: [{ key: 'k', timestamp: 'x' }] }),
    /points\[0\]\.timestamp/,
  )
  assert.match(refusal({ run_id: 'r', names: ['a', null] }), /names\[1\].*NoneType/)
  assert.match(refusal({ run_id: 'r', view: 'constructor' }), /'view'/)
  assert.match(refusal({ run_id: 'r', labels: [] }), /'list'/)
  assert.match(refusal({ run_id: 'r', archived: 'true' }), /'archived'.*'str'/)
})

test('whole numbers are exact or refused', () => {
  assert.equal(read({ run_id: 'r', step: Number.MAX_SAFE_INTEGER }).step, Number.MAX_SAFE_INTEGER)
  assert.match(refusal({ run_id: 'r', step: '9007199254740993' }), /exactly/)
  assert.match(refusal({ run_id: 'r', step: 2 ** 53 }), /exactly/)
  assert.match(refusal({ run_id: 'r', step: 1.5 }), /'float'/)
  assert.match(refusal({ run_id: 'r', step: '' }), /'step'/)
})

test('a number is shown as it was written', () => {
  const json = '{"a": 9.0, "b": [{"c": 1e3}, {"c": -0}], "d": "1.0"}'
  assert.deepEqual(
    ['a', 'b[0].c', 'b[1].c', 'd', 'b', 'b[2].c'].map((path) => numberLiteral(json, path)),
    ['9.0', '1e3', '-0', undefined, undefined, undefined],
  )
  const wrong = new WrongType('a', 9)
  assert.match(wrong.public, /^Invalid value 9 for parameter 'a'.*'int'/)
  assert.match(wrong.withLiteral('9.0').public, /^Invalid value 9.0 for parameter 'a'.*'float'/)
})

test('an address holds texts', () => {
  const fields = fromQuery(shape, { run_id: 'r', archived: 'True', names: 'a', step: ['1', '2'] })
  assert.deepEqual(fields, { run_id: 'r', archived: true, names: ['a'], step: '1' })
  assert.throws(() => fromQuery(shape, { archived: 'yes' }), /Invalid boolean value: yes/)
})
