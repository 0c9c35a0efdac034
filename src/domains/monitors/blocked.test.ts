import assert from 'node:assert/strict'
import { test } from 'node:test'
import { auc } from '#science/classification'
import { createRandom } from '#science/random'
import { blockedAuc, blockedMean, differenceFrom, interval, pAbove } from './blocked.ts'

const days = 7

/** Labels, scores with ties, and days that differ from each other. */
function sample(seed: number, rows: number) {
  const random = createRandom(seed)
  const effects = Array.from({ length: days }, () => random.normal() / 2)
  const blocks = Uint16Array.from({ length: rows }, () => Math.floor(random.next() * days))
  const scores = Float64Array.from(blocks, (day) => {
    const odds = random.normal() + (effects[day] ?? 0)
    return Math.round(100 / (1 + Math.exp(-odds))) / 100
  })
  const labels = Uint8Array.from(scores, (score) => (random.next() < score ? 1 : 0))
  return { labels, scores, blocks }
}

/** The definition, by leaving each block out in turn. */
function jackknife(count: number, statistic: (left: number) => number): number {
  const without = Array.from({ length: count }, (_, block) => statistic(block))
  const mean = without.reduce((sum, value) => sum + value, 0) / count
  const squares = without.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return Math.sqrt((squares * (count - 1)) / count)
}

test('the error of a mean is that of leaving out days', () => {
  const { scores, blocks } = sample(1, 500)
  const estimate = blockedMean(scores, blocks, days)
  const meanWithout = (left: number): number => {
    const kept = scores.filter((_, row) => blocks[row] !== left)
    return kept.reduce((sum, value) => sum + value, 0) / kept.length
  }
  assert.ok(Math.abs(estimate.value - meanWithout(-1)) < 1e-12)
  assert.ok(Math.abs(estimate.standardError - jackknife(days, meanWithout)) < 1e-12)
  assert.equal(estimate.degrees, days - 1)
})

test('the area under the curve and its error agree with their definition, ties included', () => {
  const { labels, scores, blocks } = sample(2, 400)
  const estimate = blockedAuc(labels, scores, blocks, days, 0)
  const aucWithout = (left: number): number => {
    const kept = (_: number, row: number): boolean => blocks[row] !== left
    return auc(labels.filter(kept), scores.filter(kept))
  }
  assert.ok(Math.abs(estimate.value - aucWithout(-1)) < 1e-12)
  assert.ok(Math.abs(estimate.standardError - jackknife(days, aucWithout)) < 1e-12)
})

test('with too few days, or days that agree by chance, the error within them counts', () => {
  const { labels, scores, blocks } = sample(3, 200)
  const two = blocks.map((day) => day % 2)
  assert.equal(blockedAuc(labels, scores, two, 2, 0.04).degrees, Infinity)
  assert.equal(blockedAuc(labels, scores, two, 2, 0.04).standardError, 0.04)
  const alike = blockedMean(
    Float64Array.from({ length: 70 }, (_, row) => (row % 10 < 5 ? 0 : 1)),
    Uint16Array.from({ length: 70 }, (_, row) => Math.floor(row / 10)),
    days,
  )
  assert.ok(Math.abs(alike.standardError - Math.sqrt(0.25 / 70)) < 1e-12)
})

test('intervals and tests use the tails of few days', () => {
  const estimate = { value: 1, standardError: 1, degrees: 6 }
  const [low, high] = interval(estimate)
  // scipy.stats.t.ppf(0.975, 6), t.sf(1, 6)
  assert.ok(Math.abs(high - 1 - 2.446911851144969) < 1e-9)
  assert.ok(Math.abs(1 - low - 2.446911851144969) < 1e-9)
  assert.ok(Math.abs(pAbove(estimate, 0) - 0.17795884187479807) < 1e-9)
  assert.equal(pAbove({ value: 1, standardError: 0, degrees: 6 }, 0.5), 0)
  assert.equal(pAbove({ value: 1, standardError: 0, degrees: 6 }, 1), 1)
  const known = differenceFrom(estimate, { value: 0.25, standardError: 0 })
  assert.deepEqual(known, { value: 0.75, standardError: 1, degrees: 6 })
  const vague = differenceFrom(estimate, { value: 0.25, standardError: 2 })
  assert.ok(vague.degrees > 6 && vague.standardError === Math.sqrt(5))
})
