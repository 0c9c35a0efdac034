import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { DuckDBInstance, DuckDBTimestampValue } from '@duckdb/node-api'
import type { DuckDBConnection } from '@duckdb/node-api'
import fc from 'fast-check'
import type { Expression, Value, ValueType } from './ast.ts'
import { checkExpression } from './check.ts'
import { compileExpression } from './evaluate.ts'
import { parseExpression } from './parse.ts'
import { expressionToSql } from './to-sql.ts'

/*
 * The same text, read once, must give the same values in DuckDB and in the closure: bit for bit, for
 * every row. Texts are printed from random well-typed expressions.
 */

const columns = {
  n1: 'number',
  'n "2"': 'number',
  b1: 'boolean',
  b2: 'boolean',
  s1: 'string',
  's 2': 'string',
  t1: 'timestamp',
  t2: 'timestamp',
} as const satisfies Record<string, ValueType>
type Row = Record<keyof typeof columns, Value>

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

// Rows: hand-picked borders first, then random ones of a fixed seed.

const numbers: (number | null)[] = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  0.49999999999999994,
  2251799813685248.5,
  1e308,
  -1e308,
  5e-324,
  -5e-324,
  88.72283,
  88.7228,
  710,
  -104,
  1e-30,
  2 ** 53,
  Number.NaN,
  Infinity,
  -Infinity,
  null,
  7,
  -7,
  3,
  0.1,
  1 / 3,
]
const texts: (string | null)[] = [
  '',
  'a',
  'A',
  'ab',
  'straße',
  'STRASSE',
  'İstanbul',
  'ΟΔΥΣΣΕΥΣ',
  'ﬁ',
  '\ue000',
  '\u{1f600}',
  '\uffff',
  'e\u0301',
  'é',
  'x\0y',
  "it's",
  null,
  ' ',
  '10',
  '9',
]
const moments: Value[] = [
  0,
  -1,
  1,
  86_400_000,
  -86_400_000,
  86_399_999,
  Date.UTC(2024, 1, 29, 23, 59, 59, 999),
  Date.UTC(2024, 2, 1),
  Date.UTC(1900, 1, 28),
  Date.UTC(2100, 1, 28, 12),
  Date.UTC(1969, 11, 31, 23),
  Date.UTC(1, 0, 1) - 62_135_596_800_000,
  Date.UTC(2024, 11, 29),
  Date.UTC(9999, 11, 31, 23),
  null,
]

const nullable = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { freq: 6 })
const randomNumber = fc.oneof(
  fc.double(),
  fc.integer({ min: -20, max: 20 }),
  fc.integer({ min: -40, max: 40 }).map((halves) => halves / 2),
  fc.constantFrom(...numbers),
)
// The binding drops a leading byte order mark from what it reads.
const randomText = fc
  .oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.string({ maxLength: 4 }))
  .map((text) => text.replaceAll('\ufeff', ''))
const randomMoment = fc.integer({ min: -4e12, max: 4e12 })

const randomRows: fc.Arbitrary<Row> = fc.record({
  n1: nullable(randomNumber),
  'n "2"': nullable(randomNumber),
  b1: nullable(fc.boolean()),
  b2: nullable(fc.boolean()),
  s1: nullable(randomText),
  's 2': nullable(randomText),
  t1: nullable(randomMoment),
  t2: nullable(randomMoment),
})

function borderRow(index: number): Row {
  const pick = (values: readonly Value[], step: number): Value =>
    values[(index * step) % values.length]!
  return {
    n1: pick(numbers, 1),
    'n "2"': pick(numbers, 7),
    b1: pick([true, false, null], 1),
    b2: pick([true, true, false, false, null, null], 5),
    s1: pick(texts, 1),
    's 2': pick(texts, 3),
    t1: pick(moments, 1),
    t2: pick(moments, 2),
  }
}

const rows: Row[] = [
  ...Array.from({ length: 120 }, (_, index) => borderRow(index)),
  ...fc.sample(randomRows, { numRuns: 180, seed: 20_240_229 }),
]

// Random well-typed expressions.

const at = { position: 0 }
const leaf = (type: ValueType, literals: fc.Arbitrary<Value>): fc.Arbitrary<Expression> => {
  const names = Object.entries(columns).filter(([, columnType]) => columnType === type)
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...names.map(([name]) => name)).map(column) },
    { weight: 3, arbitrary: literals.map(literal) },
    { weight: 1, arbitrary: fc.constant(literal(null)) },
  )
}
const column = (name: string): Expression => ({ kind: 'column', name, ...at })
const literal = (value: Value): Expression => ({ kind: 'literal', value, ...at })

type Deep = (depth?: number) => fc.Arbitrary<Expression>
const deep = (
  leaves: fc.Arbitrary<Expression>,
  node: (depth: number) => fc.Arbitrary<Expression>,
) =>
  fc.memo((depth) =>
    depth <= 1
      ? leaves
      : fc.oneof({ weight: 1, arbitrary: leaves }, { weight: 4, arbitrary: node(depth - 1) }),
  ) as Deep

const numberLeaf = leaf(
  'number',
  randomNumber.map((value) => (value !== null && Number.isFinite(value) ? Math.abs(value) : 3)),
)
const booleanLeaf = leaf('boolean', fc.boolean())
const stringLeaf = leaf(
  'string',
  fc.oneof(randomText, fc.constantFrom(...texts)).map((text) => (text ?? '').replaceAll('\0', '')),
)
const timestampLeaf = fc.constantFrom(column('t1'), column('t2'), literal(null))

const number: Deep = deep(numberLeaf, numberNode)
const boolean: Deep = deep(booleanLeaf, booleanNode)
const string: Deep = deep(stringLeaf, stringNode)
const timestamp: Deep = deep(timestampLeaf, (depth) => sameTypeNode(timestamp(depth), depth))

function call(name: string, ...given: fc.Arbitrary<Expression>[]): fc.Arbitrary<Expression> {
  return fc
    .tuple(...given)
    .map((list) => ({ kind: 'call', name, arguments: list, ...at }) as Expression)
}

/** Nodes that keep the type of their parts. */
function sameTypeNode(part: fc.Arbitrary<Expression>, depth: number): fc.Arbitrary<Expression> {
  const branches = fc.array(fc.record({ when: boolean(depth), result: part }), {
    minLength: 1,
    maxLength: 2,
  })
  return fc.oneof(
    fc.record({
      kind: fc.constant('case' as const),
      branches,
      otherwise: fc.option(part),
      ...place,
    }),
    call('coalesce', part, part),
    call('coalesce', part, part, part),
  )
}
const place = { position: fc.constant(0) }

function orderedNode(part: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> {
  return fc.oneof(call('least', part, part), call('greatest', part, part, part))
}

function numberNode(depth: number): fc.Arbitrary<Expression> {
  const part = number(depth)
  const ofTime = fc.constantFrom('hour', 'weekday', 'day', 'month')
  const ofNumber = fc.constantFrom('abs', 'floor', 'ceil', 'round', 'log', 'exp', 'sqrt')
  const edges = fc
    .uniqueArray(
      fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double({ noNaN: true, min: -1e9, max: 1e9 })),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((list) => list.map((edge) => edge + 0).sort((a, b) => a - b))
  return fc.oneof(
    { weight: 4, arbitrary: binary(fc.constantFrom('+', '-', '*', '/', '%'), part, part) },
    { weight: 3, arbitrary: ofNumber.chain((name) => call(name, part)) },
    { weight: 2, arbitrary: ofTime.chain((name) => call(name, timestamp(depth))) },
    { weight: 1, arbitrary: call('length', string(depth)) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('negate' as const), operand: part, ...place }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('bucket' as const),
        operand: part,
        edges,
        ...place,
      }),
    },
    { weight: 1, arbitrary: orderedNode(part) },
    { weight: 2, arbitrary: sameTypeNode(part, depth) },
  )
}

function stringNode(depth: number): fc.Arbitrary<Expression> {
  const part = string(depth)
  return fc.oneof(
    call('lower', part),
    call('upper', part),
    orderedNode(part),
    sameTypeNode(part, depth),
  )
}

function booleanNode(depth: number): fc.Arbitrary<Expression> {
  const truth = boolean(depth)
  const orders = fc.constantFrom('=', '<>', '<', '<=', '>', '>=')
  const ordered = [number(depth), string(depth), timestamp(depth)]
  const negated = fc.boolean()
  const compared = ordered.flatMap((part) => [
    binary(orders, part, part),
    fc.record({
      kind: fc.constant('between' as const),
      operand: part,
      low: part,
      high: part,
      negated,
      ...place,
    }),
    fc.record({
      kind: fc.constant('in' as const),
      operand: part,
      list: fc.array(part, { minLength: 1, maxLength: 7 }),
      negated,
      ...place,
    }),
    fc.record({ kind: fc.constant('is-null' as const), operand: part, negated, ...place }),
  ])
  return fc.oneof(
    { weight: 4, arbitrary: fc.oneof(...compared) },
    { weight: 2, arbitrary: binary(fc.constantFrom('and', 'or'), truth, truth) },
    { weight: 1, arbitrary: binary(fc.constantFrom('=', '<>'), truth, truth) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('not' as const), operand: truth, ...place }),
    },
    { weight: 1, arbitrary: sameTypeNode(truth, depth) },
  )
}

function binary(
  operators: fc.Arbitrary<string>,
  left: fc.Arbitrary<Expression>,
  right: fc.Arbitrary<Expression>,
): fc.Arbitrary<Expression> {
  return fc
    .record({ kind: fc.constant('binary' as const), operator: operators, left, right, ...place })
    .map((node) => node as Expression)
}

/** The text of an expression, with parentheses around everything that has parts. */
function print(expression: Expression): string {
  switch (expression.kind) {
    case 'literal':
      return typeof expression.value === 'string'
        ? `'${expression.value.replaceAll("'", "''")}'`
        : String(expression.value)
    case 'column':
      return quote(expression.name)
    case 'negate':
      return `(-${print(expression.operand)})`
    case 'not':
      return `(not ${print(expression.operand)})`
    case 'binary':
      return `(${print(expression.left)} ${expression.operator} ${print(expression.right)})`
    case 'in':
      return `(${print(expression.operand)} ${expression.negated ? 'NOT ' : ''}in (${expression.list.map(print).join(',')}))`
    case 'between':
      return `(${print(expression.operand)} ${expression.negated ? 'not ' : ''}between ${print(expression.low)} and ${print(expression.high)})`
    case 'is-null':
      return `(${print(expression.operand)} is ${expression.negated ? 'not ' : ''}null)`
    case 'case': {
      const branches = expression.branches.map(
        ({ when, result }) => `when ${print(when)} then ${print(result)}`,
      )
      const rest = expression.otherwise === null ? '' : ` else ${print(expression.otherwise)}`
      return `(case ${branches.join(' ')}${rest} end)`
    }
    case 'call':
      return `${expression.name}(${expression.arguments.map(print).join(', ')})`
    case 'bucket':
      return `Bucket(${print(expression.operand)}, [${expression.edges.join(', ')}])`
  }
}

/** Sets every position to 0, to compare what was printed with what was read. */
function withoutPositions(expression: Expression): unknown {
  return JSON.parse(
    JSON.stringify(expression, (key, value: unknown) => (key === 'position' ? 0 : value)),
  )
}

let connection: DuckDBConnection

before(async () => {
  const instance = await DuckDBInstance.create(':memory:')
  connection = await instance.connect()
  const types = { number: 'DOUBLE', boolean: 'BOOLEAN', string: 'VARCHAR', timestamp: 'TIMESTAMP' }
  const definitions = Object.entries(columns).map(([name, type]) => `${quote(name)} ${types[type]}`)
  await connection.run(`CREATE TABLE input (id INTEGER, ${definitions.join(', ')})`)
  const appender = await connection.createAppender('input')
  for (const [id, row] of rows.entries()) {
    appender.appendInteger(id)
    for (const [name, type] of Object.entries(columns)) {
      const value = row[name as keyof Row]
      if (value === null) appender.appendNull()
      else if (type === 'number') appender.appendDouble(value as number)
      else if (type === 'boolean') appender.appendBoolean(value as boolean)
      else if (type === 'string') appender.appendVarchar(value as string)
      else appender.appendTimestamp(new DuckDBTimestampValue(BigInt(value as number) * 1000n))
    }
    appender.endRow()
  }
  appender.closeSync()
})

after(() => {
  connection.closeSync()
})

async function assertEqualEverywhere(text: string): Promise<void> {
  const expression = parseExpression(text)
  const type = checkExpression(expression, columns)
  const sql = expressionToSql(expression, quote)
  const evaluate = compileExpression(expression)
  const expected = rows.map((row) => evaluate(row))
  const result = await connection.runAndReadAll(`SELECT ${sql} FROM input ORDER BY id`)
  for (const [id, [actual]] of result.getRows().entries()) {
    const value = actual instanceof DuckDBTimestampValue ? Number(actual.micros) / 1000 : actual
    if (Object.is(value, expected[id])) continue
    assert.fail(
      `row ${id} ${JSON.stringify(rows[id])}\n${sql}\nDuckDB ${String(value)}, closure ${String(expected[id])}`,
    )
  }
  if (type !== 'boolean') return
  const kept = await connection.runAndReadAll(`SELECT id FROM input WHERE ${sql} ORDER BY id`)
  const expectedIds = expected.flatMap((value, id) => (value === true ? [[id]] : []))
  assert.deepEqual(kept.getRows(), expectedIds, `as a filter: ${sql}`)
}

for (const [type, arbitrary] of Object.entries({ number, boolean, string, timestamp })) {
  test(`DuckDB and the closure agree on random expressions of type ${type}`, async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary(4), async (expression) => {
        const text = print(expression)
        assert.deepEqual(withoutPositions(parseExpression(text)), withoutPositions(expression))
        await assertEqualEverywhere(text)
      }),
      { numRuns: 500 },
    )
  })
}

test('DuckDB and the closure agree on every function, operator and border value', async () => {
  const n = ['n1', '"n ""2"""', '2', '0', 'null']
  const expressions = [
    ...n.flatMap((a) =>
      n.flatMap((b) => ['+', '-', '*', '/', '%', '=', '<'].map((o) => `${a} ${o} ${b}`)),
    ),
    ...['abs', 'floor', 'ceil', 'round', 'log', 'exp', 'sqrt', '-'].map((name) => `${name}(n1)`),
    ...['hour', 'weekday', 'day', 'month'].map((name) => `${name}(t1)`),
    ...['length', 'lower', 'upper'].map((name) => `${name}(s1)`),
    'bucket(n1, [-1, 0, 0.5, 88])',
    's1 < "s 2"',
    'least(n1, "n ""2""")',
    'greatest(s1, "s 2")',
    'b1 and b2',
    'b1 or b2',
    'b1 = b2',
    'not b1',
    'n1 in (0, null, 7)',
    'n1 not in (0, 7)',
    'n1 between "n ""2""" and 3',
    'case when b1 then n1 when b2 then 0 end',
    't1 <= t2',
    'log(exp(n1) / 0)',
  ]
  for (const text of expressions) await assertEqualEverywhere(text)
})

test('integer columns behave as numbers where they are combined', async () => {
  await connection.run('CREATE TABLE whole AS SELECT 7::INTEGER AS a, 2::INTEGER AS b')
  const text = 'a / b + a % b + bucket(a, [6.5]) + round(a) - 2147483647 * b + a * a'
  const expression = parseExpression(text)
  const result = await connection.runAndReadAll(
    `SELECT ${expressionToSql(expression, quote)} FROM whole`,
  )
  assert.deepEqual(result.getRows(), [[compileExpression(expression)({ a: 7, b: 2 })]])
})

test('lower and upper agree on every character of Unicode', async () => {
  const lower = compileExpression(parseExpression('lower(c)'))
  const upper = compileExpression(parseExpression('upper(c)'))
  const result = await connection.runAndReadAll(
    `SELECT p::INTEGER, 'x' || lower(chr(p::INTEGER)), 'x' || upper(chr(p::INTEGER))
     FROM range(1, 1114112) r(p) WHERE p NOT BETWEEN 55296 AND 57343`,
  )
  const rowsOfCase = result.getRows() as [number, string, string][]
  assert.equal(rowsOfCase.length, 1_112_063)
  const wrong = rowsOfCase.filter(([point, low, high]) => {
    const c = String.fromCodePoint(point)
    return low !== `x${lower({ c })}` || high !== `x${upper({ c })}`
  })
  assert.deepEqual(wrong, [])
})
