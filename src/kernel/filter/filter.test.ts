import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GyreError } from '../errors.ts'
import {
  type Grammar,
  listComparators,
  nullComparators,
  numberComparators,
  textComparators,
} from './grammar.ts'
import { parseFilter } from './parse-filter.ts'
import { parseOrder } from './parse-order.ts'

const fruit: Grammar<'weight' | 'label' | 'attribute'> = {
  entities: {
    weight: { aliases: ['weights'], other: { value: 'number', comparators: numberComparators } },
    label: {
      aliases: ['labels'],
      other: { value: 'text', comparators: [...textComparators, ...nullComparators] },
    },
    attribute: {
      aliases: ['attributes'],
      keys: {
        name: { value: 'text', comparators: [...textComparators, ...listComparators], lists: true },
        rating: { value: 'either', comparators: ['=', '!='] },
      },
    },
  },
  plain: 'attribute',
  nullable: 'labels',
}

const key = fc
  .string({ minLength: 1, maxLength: 12 })
  .filter((text) => !/["\\]/.test(text) && text !== '')
const text = fc.string({ maxLength: 12 }).filter((one) => !/['\\]/.test(one))
const term = fc.oneof(
  fc.record({
    entity: fc.constant('weight' as const),
    key,
    comparator: fc.constantFrom(...numberComparators),
    value: fc.double({ noNaN: true, noDefaultInfinity: true }).filter((one) => !Object.is(one, -0)),
  }),
  fc.record({
    entity: fc.constant('label' as const),
    key,
    comparator: fc.constantFrom(...textComparators),
    value: text,
  }),
  fc.record({
    entity: fc.constant('attribute' as const),
    key: fc.constant('name'),
    comparator: fc.constantFrom(...listComparators),
    value: fc.array(text, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    entity: fc.constant('label' as const),
    key,
    comparator: fc.constantFrom(...nullComparators),
    value: fc.constant(null),
  }),
)

function write(value: number | string | readonly string[] | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? `'${value}'` : `(${value.map((v) => `'${v}'`).join(', ')})`
}

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.array(term, { maxLength: 5 }), (generated) => {
      const terms = generated.map((one) => ({ ...one }))
      const filter = terms
        .map((one) => `${one.entity}."${one.key}" ${one.comparator} ${write(one.value)}`)
        .join(' AND ')
      assert.deepEqual(parseFilter(fruit, filter), terms)
    }),
  )
})

const piece = fc.oneof(
  fc.constantFrom('weight', 'labels', 'name', '.', '=', '!=', 'LIKE', 'in', 'IS', 'null', 'not'),
  fc.constantFrom('(', ')', ',', ';', "'", '"', '`', "'a'", '1', '-', 'and', 'or', ' ', '\\', '\0'),
  fc.string({ maxLength: 4 }),
)

test('no text makes the parsers fail in another way', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom('', ' '), (pieces, gap) => {
      for (const parse of [parseFilter, (g: typeof fruit, s: string) => parseOrder(g, [s])]) {
        try {
          parse(fruit, pieces.join(gap))
        } catch (error) {
          assert.ok(error instanceof GyreError && error.code === 'invalid', String(error))
        }
      }
    }),
    { numRuns: 3000 },
  )
})

test('a filter of a megabyte is read in one walk', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => `weights.w${i} > ${i}`).join(' and ')
  assert.equal(parseFilter(fruit, many).length, 20_000)
  assert.throws(() => parseFilter(fruit, `labels.a = '${'x'.repeat(1_000_000)}`), GyreError)
  assert.throws(() => parseFilter(fruit, `labels.a = ${"\\'".repeat(500_000)}`), GyreError)
})

test('a message says what is wrong, where, and what to do', () => {
  const wrong: [string, RegExp][] = [
    ['weights.a >', /'>'\. Near character 11, a number or a text in quotes is expected/],
    ['weights.a = 1 or weights.b = 2', /'or'.*joined by AND only/],
    ["labels.a = 'x", /near character 12/i],
    ['nothing.a = 1', /Invalid entity type 'nothing'. Valid values are \['weight', 'label'/],
    ['color = 1', /Invalid attribute key 'color' specified. Valid keys are '\{'name', 'rating'\}'/],
    ["weights.a LIKE 'x'", /Expected numeric value type for weight/],
    ['weights.a is null', /only supported for labels, not for 'weight' 'a'/],
    ["labels.a > 'x'", /Invalid comparator '>' not one of/],
    ["labels.a in ('x')", /Expected a quoted string value for label/],
    ["rating in ('x')", /Only \['name'\] attributes/],
    ['name in ()', /empty list/],
    ['name in (1)', /different type in list: \(1\)/],
    ["name = 'a'; name = 'b'", /multiple expression/],
  ]
  for (const [filter, message] of wrong) {
    assert.throws(
      () => parseFilter(fruit, filter),
      (error) =>
        error instanceof GyreError && error.code === 'invalid' && message.test(error.public),
      filter,
    )
  }
  assert.deepEqual(parseFilter(fruit, 'rating = 3'), [
    { entity: 'attribute', key: 'rating', comparator: '=', value: 3 },
  ])
})
