import assert from 'node:assert/strict'
import { test } from 'node:test'
import { predictTrees, trainTrees } from '../learners/trees.ts'
import { createRandom } from '../random.ts'
import { readTreeEnsemble } from './read-trees.ts'
import { scoreTrees } from './score-trees.ts'
import { writeLogisticOnnx } from './write-logistic.ts'
import { writeTreesOnnx } from './write-trees.ts'

const names = ['a', 'b', 'c']
const random = createRandom(5)
const columns = names.map(() =>
  Float32Array.from({ length: 3000 }, () => (random.next() < 0.1 ? Number.NaN : random.normal())),
)
const labels = Uint8Array.from(columns[0]!, (a, i) => (a + columns[1]![i]! > 0.3 ? 1 : 0))
const options = {
  trees: 20,
  depth: 4,
  learningRate: 0.2,
  bins: 32,
  minRowsPerLeaf: 5,
  l2: 1,
  rowSample: 0.8,
  seed: 3,
}
const model = trainTrees({ columns, labels, names, options })
const bytes = writeTreesOnnx(model)

test('a written model scores as the learner does, missing and infinite values included', () => {
  const ensemble = readTreeEnsemble(bytes, 3)
  assert.ok(ensemble !== undefined)
  columns[0]![7] = Infinity
  columns[1]![8] = -Infinity
  columns[2]![9] = model.trees[0]!.threshold[0]!
  const rows = columns[0]!.length
  const input = Float32Array.from(
    { length: rows * 3 },
    (_, i) => columns[i % 3]![Math.floor(i / 3)]!,
  )
  const expected = predictTrees(model, columns)
  const actual = scoreTrees(ensemble, input, rows)
  const worst = expected.reduce((most, p, i) => Math.max(most, Math.abs(p - actual[i]!)), 0)
  assert.ok(worst < 1e-7, String(worst))
  assert.ok(new Set(actual).size > 100)
})

test('what is no such ensemble, or has other features, is not read', () => {
  const logistic = writeLogisticOnnx({
    kind: 'logistic',
    names,
    means: [0, 0, 0],
    scales: [1, 1, 1],
    coefficients: [1, 2, 3],
    intercept: 0,
  })
  assert.equal(readTreeEnsemble(logistic, 3), undefined)
  assert.equal(readTreeEnsemble(bytes, 1), undefined)
  assert.equal(readTreeEnsemble(new Uint8Array(0), 3), undefined)
  assert.equal(readTreeEnsemble(new TextEncoder().encode('no model'), 3), undefined)
})

test('a damaged model is not read, or is trees that end', () => {
  const few = writeTreesOnnx({ ...model, trees: model.trees.slice(0, 2) })
  const row = Float32Array.of(0.1, Number.NaN, -3)
  let read = 0
  for (let at = 0; at < few.length; at++) {
    for (const value of [0, 1, 255]) {
      const damaged = few.slice()
      damaged[at] = value
      const ensemble = readTreeEnsemble(damaged, 3)
      if (ensemble === undefined) continue
      read++
      assert.equal(scoreTrees(ensemble, row, 1).length, 1)
    }
  }
  assert.ok(read > 100)
})
