import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GyreError } from '#kernel/errors'
import { normalCdf, normalQuantile, studentTCdf, studentTQuantile } from './special.ts'

function assertRelative(actual: number, expected: number, within: number): void {
  const error = expected === 0 ? Math.abs(actual) : Math.abs(actual / expected - 1)
  assert.ok(error <= within, `${actual} is not ${expected}: relative error ${error}`)
}

test('normalCdf equals scipy.stats.norm.cdf', () => {
  // scipy 1.17.1: norm.cdf(x)
  const golden: [number, number][] = [
    [-37, 5.7255712225239266e-300],
    [-10, 7.61985302416047e-24],
    [-5.5, 1.898956246588768e-8],
    [-1.96, 0.024997895148220435],
    [-0.3, 0.3820885778110474],
    [0, 0.5],
    [0.3, 0.6179114221889526],
    [1, 0.8413447460685429],
    [3, 0.9986501019683699],
    [8, 0.9999999999999993],
  ]
  for (const [x, p] of golden) assertRelative(normalCdf(x), p, 2e-13)
  assert.equal(normalCdf(Infinity), 1)
  assert.equal(normalCdf(-Infinity), 0)
})

test('normalQuantile equals scipy.stats.norm.ppf', () => {
  // scipy 1.17.1: norm.ppf(p)
  const golden: [number, number][] = [
    [1e-300, -37.0470962993612],
    [1e-12, -7.034483825301131],
    [1e-4, -3.7190164854556804],
    [0.025, -1.9599639845400545],
    [0.3, -0.5244005127080409],
    [0.5, 0],
    [0.6, 0.2533471031357997],
    [0.975, 1.959963984540054],
    [0.9999999, 5.199337582290661],
  ]
  for (const [p, x] of golden) assertRelative(normalQuantile(p), x, 1e-14)
  assert.equal(normalQuantile(0), -Infinity)
  assert.equal(normalQuantile(1), Infinity)
  for (const p of [-0.1, 1.1, Number.NaN]) assert.throws(() => normalQuantile(p), GyreError)
})

test('studentTCdf equals scipy.stats.t.cdf', () => {
  // scipy 1.17.1: t.cdf(x, df)
  const golden: [number, number, number][] = [
    [0.5, 1, 0.6475836176504333],
    [-2.1, 3, 0.0632826012748423],
    [2.447, 6, 0.9750029928138298],
    [-12, 6, 1.0153703097686596e-5],
    [1.7, 29.5, 0.9501735869147752],
    [3, 1000, 0.9986166454778809],
    [0, 4, 0.5],
    [-40, 2, 0.0003122073360923703],
  ]
  for (const [x, degrees, p] of golden) assertRelative(studentTCdf(x, degrees), p, 1e-12)
})

test('studentTQuantile equals scipy.stats.t.ppf', () => {
  // scipy 1.17.1: t.ppf(p, df)
  const golden: [number, number, number][] = [
    [0.95, 6, 1.9431802805153042],
    [0.975, 1, 12.706204736174694],
    [0.9, 2, 1.8856180831641272],
    [0.05, 6, -1.943180280515305],
    [0.999, 29.5, 3.3906110538540926],
    [0.95, 1e5, 1.6448688647849696],
    [0.5, 3, 0],
  ]
  for (const [p, degrees, x] of golden) {
    assertRelative(studentTQuantile(p, degrees), x, x === 0 ? 1e-12 : 1e-9)
  }
})
