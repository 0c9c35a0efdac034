import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GyreError } from '#kernel/errors'
import { literalOf, textTest } from './match-text.ts'

/** SQL's LIKE by its definition, letter by letter. */
function likes(text: string, pattern: string): boolean {
  const [first, rest] = [pattern[0], pattern.slice(1)]
  if (first === undefined) return text === ''
  if (first !== '%')
    return text !== '' && (first === '_' || first === text[0]) && likes(text.slice(1), rest)
  return likes(text, rest) || (text !== '' && likes(text.slice(1), pattern))
}

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '\\', '.', '*'), maxLength: 8 })
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '%', '_', '\\', '.'), maxLength: 8 })

test('LIKE means what SQL means by it', () => {
  fc.assert(
    fc.property(text, pattern, (value, like) => {
      assert.equal(textTest('LIKE', like)(value), likes(value, like))
      const lower = likes(value.toLowerCase(), like.toLowerCase())
      assert.equal(textTest('ILIKE', like)(value), lower)
    }),
    { numRuns: 5000 },
  )
})

test('regular expressions take linear time, and wrong ones are refused', () => {
  assert.equal(textTest('RLIKE', '^gpt-[0-9]+$')('gpt-41'), true)
  assert.equal(textTest('RLIKE', 'o+t')('a root'), true)
  assert.equal(textTest('RLIKE', '(a+)+$')(`${'a'.repeat(5000)}!`), false)
  assert.throws(
    () => textTest('RLIKE', '(')('x'),
    (error) => error instanceof GyreError && /Invalid regular expression/.test(error.public),
  )
})

test('what is looked for in the raw text of spans is in every text that matches', () => {
  assert.equal(literalOf('LIKE', '%what is MLflow%'), 'what is MLflow')
  assert.equal(literalOf('LIKE', '%"a": 1.0%'), '')
  assert.equal(literalOf('LIKE', '%null%'), '')
  assert.equal(literalOf('ILIKE', '%question%'), '')
  assert.equal(literalOf('LIKE', '%a_b%long enough%'), 'long enough')
})
