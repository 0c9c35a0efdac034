import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GyreError } from '#kernel/errors'
import {
  jensenShannonDistance,
  kolmogorovSmirnovDistance,
  populationStability,
  totalVariation,
  wassersteinFromHistogram,
} from './distances.ts'

const p = [10, 0, 30, 40, 20]
const q = [5, 5, 60, 0, 130]

function assertClose(actual: number, expected: number, within = 1e-12): void {
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected}`)
}

test('distances equal those of SciPy and numpy', () => {
  // scipy 1.17.1: spatial.distance.jensenshannon(p, q, base=2)
  assertClose(jensenShannonDistance(p, q), 0.5659953135265349)
  // numpy, with P = (p + 1) / (p + 1).sum(): ((Q - P) * log(Q / P)).sum()
  assertClose(populationStability(p, q), 2.318366485928845)
  // numpy, with P = p / p.sum(): abs(P - Q).sum() / 2; abs(cumsum(P) - cumsum(Q)).max()
  assertClose(totalVariation(p, q), 0.475)
  assertClose(kolmogorovSmirnovDistance(p, q), 0.45000000000000007)
})

test('the Wasserstein distance is the area between the distribution functions', () => {
  // numpy: trapezoid(abs(interp(x, edges, F) - interp(x, edges, G)), x) with x = linspace(0, 8, 8000001)
  assertClose(wassersteinFromHistogram([0, 1, 2, 4, 7, 8], p, q), 1.1750000000000003, 1e-9)
  // The functions cross inside the middle bin: 0.1 + 2 * (0.2^2 + 0.1^2) / (2 * 0.3) + 0.05 by hand.
  assertClose(wassersteinFromHistogram([0, 1, 3, 4], [5, 2, 3], [3, 5, 2]), 0.15 + 0.05 / 0.3)
  // Moving all mass by two bins of width 3.
  assertClose(wassersteinFromHistogram([0, 3, 6, 9], [5, 0, 0], [0, 0, 9]), 6)
})

test('all are zero for equal shares, symmetric, and bounded', () => {
  const counts = fc.array(fc.nat(50), { minLength: 4, maxLength: 4 })
  const filled = counts.filter((list) => list.some((count) => count > 0))
  const edges = [0, 1, 3, 4, 10]
  const distances = [
    jensenShannonDistance,
    totalVariation,
    kolmogorovSmirnovDistance,
    (a: readonly number[], b: readonly number[]) => wassersteinFromHistogram(edges, a, b),
  ]
  fc.assert(
    fc.property(filled, filled, (a, b) => {
      for (const [index, distance] of distances.entries()) {
        const double = a.map((count) => 2 * count)
        assertClose(distance(a, double), 0, 1e-7)
        assertClose(distance(a, b), distance(b, a), 1e-12)
        assert.ok(distance(a, b) >= 0 && distance(a, b) <= (index === 3 ? 10 : 1) + 1e-12)
      }
      assertClose(populationStability(a, b), populationStability(b, a), 1e-12)
      assert.ok(kolmogorovSmirnovDistance(a, b) <= totalVariation(a, b) + 1e-12)
    }),
  )
  assert.equal(jensenShannonDistance([1, 0], [0, 1]), 1)
})

test('what cannot be compared is refused', () => {
  const cases: [() => unknown, RegExp][] = [
    [() => jensenShannonDistance([0, 0], [1, 2]), /no rows/],
    [() => populationStability([1, 2], [0, 0]), /no rows/],
    [() => totalVariation([1, 2], [1]), /same bins, got 2 and 1/],
    [() => totalVariation([], []), /no rows/],
    [() => kolmogorovSmirnovDistance([1, -2], [1, 1]), /Bin 1 has the count -2/],
    [() => jensenShannonDistance([1, Number.NaN], [1, 1]), /count NaN/],
    [() => wassersteinFromHistogram([0, 1], [1, 1], [1, 1]), /2 bins need 3 edges/],
    [() => wassersteinFromHistogram([0, 2, 1], [1, 1], [1, 1]), /must be finite and ascend/],
  ]
  for (const [run, message] of cases) {
    assert.throws(run, (error) => error instanceof GyreError && message.test(error.public))
  }
})
