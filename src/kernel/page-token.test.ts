import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GyreError } from './errors.ts'
import { offsetOf, offsetToken } from './page-token.ts'

test('a token leads back to its offset', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (offset) => assert.equal(offsetOf(offsetToken(offset)), offset)),
  )
  assert.equal(offsetOf(undefined), 0)
  assert.equal(offsetOf(''), 0)
})

test('any other text is refused', () => {
  const others = ['x', '%', btoa('null'), btoa('{"offset":-1}'), btoa('{"offset":"1"}'), btoa('[]')]
  for (const token of others) {
    assert.throws(
      () => offsetOf(token),
      (error) => error instanceof GyreError && error.code === 'invalid',
    )
  }
})
