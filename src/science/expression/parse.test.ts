import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GyreError } from '#kernel/errors'
import { checkExpression } from './check.ts'
import { compileExpression } from './evaluate.ts'
import { parseExpression } from './parse.ts'
import { expressionToSql } from './to-sql.ts'

const quote = (name: string): string => `"${name}"`
const sql = (text: string): string => expressionToSql(parseExpression(text), quote)

test('operators bind as in SQL', () => {
  const cases: [string, string][] = [
    ['a or b and not c = 1 + 2 * -x', 'a or (b and (not (c = (1 + (2 * (-x))))))'],
    ['a - b - c', '(a - b) - c'],
    ['a / b * c % d', '((a / b) * c) % d'],
    ['not a in (1, 2)', 'not (a in (1, 2))'],
    ['a between 1 and 2 and b', '(a between 1 and 2) and b'],
    ['a + 1 is null or b', '((a + 1) is null) or b'],
    ['NOT NOT a', 'not (not a)'],
    ['- - x', '-(-x)'],
    ['a == 1 AND b != 2', '(a = 1) and (b <> 2)'],
    ['Case When a Then 1 Else 2 End + 1', '(case when a then 1 else 2 end) + 1'],
  ]
  for (const [text, explicit] of cases) assert.equal(sql(text), sql(explicit), text)
  assert.notEqual(sql('a - (b - c)'), sql('a - b - c'))
})

test('literals and names are read as written', () => {
  const value = (text: string): unknown => compileExpression(parseExpression(text))({ Größe: 4 })
  assert.equal(value('.5e1'), 5)
  assert.equal(value('1.'), 1)
  assert.equal(value("'it''s'"), "it's")
  assert.equal(value('"Größe" + Größe'), 8)
  assert.equal(value('größe'), null)
  assert.equal(value('TRUE'), true)
})

test('nodes remember where they were', () => {
  const expression = parseExpression('  a + hour( t )')
  assert.ok(expression.kind === 'binary' && expression.right.kind === 'call')
  assert.deepEqual(
    [expression.position, expression.right.position, expression.right.arguments[0]?.position],
    [2, 6, 12],
  )
})

function refusal(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof GyreError && error.code === 'invalid', String(error))
    return error.public
  }
  assert.fail('accepted')
}

test('a text that is no expression is refused with position and expectation', () => {
  const cases: [string, RegExp][] = [
    ['', /position 1: expected a value, a column or "\(", found the end/],
    ['a +', /position 4: expected a value, .*found the end/],
    ['a b', /position 3: expected an operator or the end, found "b"/],
    ['(a', /position 3: expected "\)", found the end/],
    ['a < b < c', /position 7: expected an operator or the end/],
    ['a not 1', /position 7: expected "in" or "between" after "not"/],
    ['case a when 1 then 2 end', /position 6: expected "when", found "a"/],
    ['case when a then 1', /position 19: expected "end"/],
    ['then', /position 1: .*needs double quotes/],
    ["'abc", /position 1: the string has no closing '/],
    ['"abc', /position 1: the column name has no closing "/],
    ['a ; b', /position 3: ";" is not part of the language/],
    ['a + 1e999', /position 5: the number is too large/],
    ['sine(x)', /position 1: there is no function "sine"; there are hour, /],
    ['bucket(x, [2, 1])', /position 15: the edges of bucket must ascend/],
    ['bucket(x, [])', /position 12: expected a number as edge, found "\]"/],
    ['a in ()', /position 7: expected a value/],
    ["'a\0'", /NUL/],
    ['('.repeat(101), /position 101: it is nested more than 100 levels/],
    ['-'.repeat(101), /too many signs/],
    ['not '.repeat(101), /too many nots/],
    ['a'.repeat(20_001), /20001 characters; 20000 are allowed/],
    ['a,'.repeat(800), /more than 1500 words/],
  ]
  for (const [text, message] of cases)
    assert.match(
      refusal(() => parseExpression(text)),
      message,
    )
})

test('a long sum stays within what DuckDB and the stack can take', () => {
  const text = Array.from({ length: 740 }, () => 'x').join(' + ')
  assert.equal(compileExpression(parseExpression(text))({ x: 2 }), 1480)
  assert.ok(sql(text).startsWith('('.repeat(739)))
})

test('SQL that would grow without bound is refused', () => {
  const text = `${'exp('.repeat(40)}x${')'.repeat(40)}`
  assert.match(
    refusal(() => sql(text)),
    /nests exp or bucket too deeply/,
  )
})

test('types are inferred', () => {
  const columns = { n: 'number', s: 'string', b: 'boolean', t: 'timestamp' } as const
  const type = (text: string): string => checkExpression(parseExpression(text), columns)
  const cases: Record<string, string> = {
    'n + 1': 'number',
    'n > 1 and b': 'boolean',
    'hour(t) in (1, null)': 'boolean',
    'case when b then s end': 'string',
    'coalesce(null, t)': 'timestamp',
    'least(null, null)': 'null',
    'null + n': 'number',
    'bucket(n, [0])': 'number',
    'upper(s)': 'string',
    't between t and null': 'boolean',
    'b = (n is null)': 'boolean',
    'length(s)': 'number',
  }
  for (const [text, expected] of Object.entries(cases)) assert.equal(type(text), expected, text)
})

test('wrong types and unknown columns are refused by position', () => {
  const columns = { n: 'number', s: 'string', b: 'boolean', t: 'timestamp' } as const
  const cases: [string, RegExp][] = [
    ['n + m', /no column "m" \(position 5\)\. There are: n, s, b, t\./],
    ['toString', /no column "toString"/],
    ['n + s', /position 5, the right side of \+ must be a number, but it is a string/],
    ['b - 1', /position 1, the left side of -/],
    ['not n', /position 5, the operand of not must be a boolean/],
    ['-s', /position 2, the operand of - must be a number/],
    ['n and b', /left side of and must be a boolean/],
    [
      'n = s',
      /position 5, the sides of = must be of one type, but there are a number and a string/,
    ],
    ['b < b', /position 1, booleans have no order/],
    ['b between b and b', /booleans have no order/],
    ['greatest(b, b)', /booleans have no order/],
    ["n in (1, 'a')", /position 10, the operand and list of in/],
    ['t between 1 and 2', /the parts of between/],
    ['case when n then 1 end', /position 11, the condition of when must be a boolean/],
    ["case when b then 1 else 'a' end", /position 25, the results of case/],
    ['hour(n)', /position 6, the argument of hour must be a timestamp/],
    ['bucket(t, [1])', /the value of bucket must be a number/],
    ['abs(n, n)', /abs at position 1 takes one argument, got 2/],
    ['least(n)', /least at position 1 takes two or more/],
    ['coalesce(n, s)', /the arguments of coalesce/],
    ['(s + 1) is null', /left side of \+/],
  ]
  for (const [text, message] of cases) {
    assert.match(
      refusal(() => checkExpression(parseExpression(text), columns)),
      message,
    )
  }
  assert.match(
    refusal(() => checkExpression(parseExpression('x'), {})),
    /There are no columns/,
  )
})

test('half-way, missing and infinite values end where the manual says', () => {
  const value = (text: string, row: Record<string, number | null> = {}): unknown =>
    compileExpression(parseExpression(text))(row)
  assert.equal(value('round(-2.5)'), -3)
  assert.equal(value('1 / 0'), null)
  assert.equal(value('bucket(x, [0, 10])', { x: 10 }), 2)
  assert.equal(value('bucket(x, [0, 10])', { x: 9.99 }), 1)
  assert.equal(value('bucket(x, [0, 10])', { x: Number.NaN }), 2)
  assert.equal(value('weekday(x)', { x: Date.UTC(2024, 0, 7) }), 0)
  assert.equal(value('hour(x)', { x: Infinity }), null)
  assert.equal(value('hour(x)', { x: -0.5 }), 23)
  assert.equal(value('absent is null'), true)
  assert.equal(value('null or true'), true)
  assert.equal(value('log(0)'), null)
})
