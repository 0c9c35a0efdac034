import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pointwiseInformation } from './mutual-information.ts'

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`)
}

test('golden values of mlflow 3.17.2 (calculate_npmi_from_counts)', () => {
  const both = { total: 100, first: 20, second: 15, both: 10 }
  near(pointwiseInformation(both, 0), 0.5228787452803378)
  near(pointwiseInformation(both, 0.5), 0.5098689991831412)
  near(pointwiseInformation({ total: 10, first: 6, second: 7, both: 6 }, 0), 0.6982322877799215)
})

test('the ends of the scale', () => {
  assert.equal(pointwiseInformation({ total: 9, first: 3, second: 4, both: 0 }, 0), -1)
  assert.equal(pointwiseInformation({ total: 5, first: 5, second: 5, both: 5 }, 0), 1)
  near(pointwiseInformation({ total: 100, first: 50, second: 20, both: 10 }, 0), 0)
  assert.ok(Number.isNaN(pointwiseInformation({ total: 9, first: 0, second: 4, both: 0 }, 0)))
  assert.ok(Number.isNaN(pointwiseInformation({ total: 9, first: 5, second: 4, both: 5 }, 0)))
})
