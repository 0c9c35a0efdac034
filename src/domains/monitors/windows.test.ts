import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { windowStart } from './windows.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const weekMs = 7 * dayMs

const cases: [string, string, number, string][] = [
  ['a Monday at midnight begins its own week', '2001-01-01T00:00:00.000Z', weekMs, '2001-01-01'],
  ['the last instant of a Sunday', '2001-01-07T23:59:59.999Z', weekMs, '2001-01-01'],
  ['the next Monday', '2001-01-08T00:00:00.000Z', weekMs, '2001-01-08'],
  ['before 1970', '1969-12-31T12:00:00.000Z', weekMs, '1969-12-29'],
  ['a day', '2001-06-30T17:30:00.000Z', dayMs, '2001-06-30'],
  ['six hours', '2001-06-30T17:30:00.000Z', 6 * hourMs, '2001-06-30T12:00:00.000Z'],
]
for (const [name, at, length, start] of cases) {
  test(`the window of ${name} begins at ${start}`, () => {
    assert.equal(windowStart(Date.parse(at), length), Date.parse(start))
  })
}

test('every instant is in one window, and windows follow each other without a gap', () => {
  const instant = fc.integer({ min: -8e12, max: 8e12 })
  const length = fc.integer({ min: 1, max: 366 * 24 }).map((hours) => hours * hourMs)
  fc.assert(
    fc.property(instant, length, (at, lengthMs) => {
      const start = windowStart(at, lengthMs)
      assert.ok(start <= at && at < start + lengthMs)
      assert.equal(windowStart(start, lengthMs), start)
      assert.equal(windowStart(start + lengthMs, lengthMs), start + lengthMs)
      assert.equal(windowStart(start - 1, lengthMs), start - lengthMs)
    }),
  )
})
