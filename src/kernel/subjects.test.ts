import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseSubject, subject } from './subjects.ts'

test('whatever a thing is called, its subject leads back to it', () => {
  const version = fc.option(fc.nat().map(String), { nil: undefined })
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), version, (name, number) => {
      const parsed = parseSubject(subject('model', name, number))
      assert.deepEqual(parsed, { kind: 'model', name, version: number })
    }),
  )
  assert.equal(subject('model', 'late', 3), 'model:late@3')
  assert.equal(subject('model', 'a@b 50%'), 'model:a%40b 50%25')
})
