import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseExpectations } from './parse-expectations.ts'

describe('parseExpectations', () => {
  it('reads the short form, the long form and a suite alike', () => {
    const expected = [
      {
        type: 'expect_column_values_to_be_between',
        kwargs: { column: 'x', min_value: 1, mostly: 0.9 },
        severity: 'warn',
        scope: 'batch',
      },
    ]
    const short =
      '- expect_column_values_to_be_between: {column: x, min_value: 1, mostly: 0.9, severity: warn}'
    assert.deepEqual(parseExpectations(short), expected)
    const kwargs = { column: 'x', min_value: 1, mostly: 0.9 }
    const long = { type: 'expect_column_values_to_be_between', kwargs, severity: 'warn' }
    assert.deepEqual(parseExpectations([long]), expected)
    const old = { expectation_type: long.type, kwargs, severity: 'warn', meta: { notes: 'why' } }
    assert.deepEqual(parseExpectations({ name: 'suite', expectations: [old] }), expected)
  })

  it('refuses what it cannot check, and says which', () => {
    const cases: [unknown, RegExp][] = [
      [
        '- expect_column_to_sing: {column: x}',
        /Expectation 1: there is no "expect_column_to_sing"/,
      ],
      ['- expect_column_values_to_be_unique: {}', /Expectation 1 .*column/],
      ['- expect_column_values_to_be_unique: {column: x, mostly: 2}', /mostly/],
      ['- expect_column_values_to_be_unique: {column: x, surprise: 2}', /surprise/],
      ['- expect_column_values_to_be_unique: {column: x, severity: shout}', /severity is "shout"/],
      ['- a: {}\n  b: {}', /must name one expectation/],
      ['{}: [', /not valid YAML/],
      ['just text', /are a list/],
      [[5], /Expectation 1 is not a mapping/],
    ]
    for (const [source, message] of cases) {
      assert.throws(() => parseExpectations(source), { name: 'GyreError', message }, String(source))
    }
  })

  it('reads nothing as no expectations', () => {
    assert.deepEqual(parseExpectations(''), [])
    assert.deepEqual(parseExpectations([]), [])
  })
})
