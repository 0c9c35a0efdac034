import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { predictLogistic, trainLogistic } from '../learners/logistic.ts'
import { predictTrees, trainTrees } from '../learners/trees.ts'
import { createRandom } from '../random.ts'
import { readOnnxSignature } from './read-signature.ts'
import { writeLogisticOnnx } from './write-logistic.ts'
import { writeTreesOnnx } from './write-trees.ts'

const names = ['distance', 'hour', 'carrier "ö"', 'd']

function randomColumns(rows: number, seed: number): Float32Array[] {
  const random = createRandom(seed)
  return names.map((_, index) =>
    Float32Array.from({ length: rows }, () => {
      if (random.next() < 0.1) return Number.NaN
      return index === 0 ? 5000 + 800 * random.normal() : Math.round(random.normal() * 8) / 4
    }),
  )
}

function randomLabels(columns: readonly Float32Array[], seed: number): Uint8Array {
  const random = createRandom(seed)
  return Uint8Array.from(columns[0]!, (distance, row) => {
    const z = (distance - 5000 || 0) / 800 + 2 * Math.sin(columns[1]![row]! || 0)
    return random.next() < 1 / (1 + Math.exp(-z)) ? 1 : 0
  })
}

/** Probabilities of an ONNX runtime for columns, given as one row-major tensor. */
async function runOnnx(bytes: Uint8Array, columns: readonly Float32Array[]): Promise<Float32Array> {
  const rows = columns[0]!.length
  const input = new Float32Array(rows * columns.length)
  for (const [index, column] of columns.entries()) {
    for (let row = 0; row < rows; row++) input[row * columns.length + index] = column[row]!
  }
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 })
  const answer = await session.run({ input: new Tensor('float32', input, [rows, columns.length]) })
  const output = answer['probability']!
  assert.deepEqual(output.dims, [rows, 1])
  await session.release()
  return output.data as Float32Array
}

function largestDifference(a: Float32Array, b: Float64Array): number {
  assert.equal(a.length, b.length)
  return b.reduce((largest, value, row) => Math.max(largest, Math.abs(value - a[row]!)), 0)
}

const columns = randomColumns(10_000, 1)
const labels = randomLabels(columns, 2)
const treesOptions = {
  trees: 100,
  depth: 6,
  learningRate: 0.1,
  bins: 64,
  minRowsPerLeaf: 5,
  l2: 1,
  rowSample: 0.8,
  seed: 3,
}

test('onnxruntime gives the probabilities of predictTrees, missing and edge values included', async () => {
  const model = trainTrees({ columns, labels, names, options: treesOptions })
  const bytes = writeTreesOnnx(model)
  const fresh = randomColumns(10_000, 4)
  // Values that sit exactly on a threshold, and infinite ones.
  const root = model.trees[0]!
  fresh[root.feature[0]!]![0] = root.threshold[0]!
  fresh[0]![1] = Infinity
  fresh[0]![2] = -Infinity
  const probabilities = await runOnnx(bytes, fresh)
  assert.ok(largestDifference(probabilities, predictTrees(model, fresh)) < 1e-6)
  assert.ok(new Set(probabilities).size > 5000)
  const single = fresh.map((column) => column.slice(7, 8))
  assert.ok(largestDifference(await runOnnx(bytes, single), predictTrees(model, single)) < 1e-6)
})

test('a model of one leaf is a valid ONNX model too', async () => {
  const options = { ...treesOptions, trees: 1, minRowsPerLeaf: 10_000 }
  const model = trainTrees({ columns, labels, names, options })
  assert.deepEqual(model.trees[0]!.feature, [-1])
  const probabilities = await runOnnx(writeTreesOnnx(model), columns)
  assert.ok(largestDifference(probabilities, predictTrees(model, columns)) < 1e-6)
})

test('onnxruntime gives the probabilities of predictLogistic, missing values included', async () => {
  const model = trainLogistic({ columns, labels, names, options: { l2: 1, iterations: 20 } })
  const fresh = randomColumns(10_000, 5)
  const probabilities = await runOnnx(writeLogisticOnnx(model), fresh)
  assert.ok(largestDifference(probabilities, predictLogistic(model, fresh)) < 1e-6)
  assert.ok(new Set(probabilities).size > 5000)
})

test('both name their features, inputs and outputs', () => {
  const trees = trainTrees({ columns, labels, names, options: { ...treesOptions, trees: 2 } })
  const logistic = trainLogistic({ columns, labels, names, options: { l2: 1, iterations: 20 } })
  for (const bytes of [writeTreesOnnx(trees), writeLogisticOnnx(logistic)]) {
    const signature = readOnnxSignature(bytes)
    assert.deepEqual(signature.inputs, [{ name: 'input', datatype: 'FP32', shape: ['N', 4] }])
    assert.deepEqual(signature.outputs, [
      { name: 'probability', datatype: 'FP32', shape: ['N', 1] },
    ])
    assert.deepEqual(JSON.parse(signature.metadata['gyre.features']!), names)
  }
})
