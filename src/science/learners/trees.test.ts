import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GyreError } from '#kernel/errors'
import { createRandom } from '../random.ts'
import { featureImportance, predictTrees, trainTrees } from './trees.ts'
import type { TreesOptions } from './trees.ts'

const options: TreesOptions = {
  trees: 30,
  depth: 4,
  learningRate: 0.1,
  bins: 64,
  minRowsPerLeaf: 20,
  l2: 1,
  rowSample: 1,
  seed: 0,
}

/** Whole-number columns with few values, so that every binning keeps them apart. */
function formulaTable(): { columns: Float32Array[]; labels: Uint8Array; names: string[] } {
  const row = Array.from({ length: 4000 }, (_, index) => index)
  const x0 = Float32Array.from(row, (i) => (i * 7919) % 53)
  const x1 = Float32Array.from(row, (i) => (i * 104729) % 41)
  const x2 = Float32Array.from(row, (i) => (i % 11 === 0 ? Number.NaN : (i * i) % 29))
  const labels = Uint8Array.from(row, (i) => {
    const third = i % 11 === 0 ? 1.5 : ((x2[i]! - 14) / 10) * Math.sign(x0[i]! - 26)
    const z = Math.sin(x0[i]! / 8) + (x1[i]! - 20) / 15 + third
    return ((i * 2654435761) % 100003) / 100003 < 1 / (1 + Math.exp(-z)) ? 1 : 0
  })
  return { columns: [x0, x1, x2], labels, names: ['a', 'b', 'c'] }
}

function noisyTable(rows: number, seed: number): ReturnType<typeof formulaTable> {
  const random = createRandom(seed)
  const columns = Array.from({ length: 4 }, () =>
    Float32Array.from({ length: rows }, () => (random.next() < 0.1 ? Number.NaN : random.normal())),
  )
  const labels = Uint8Array.from({ length: rows }, (_, row) => {
    const z = (columns[0]![row]! || 0) + Math.sin(2 * (columns[1]![row]! || 0))
    return random.next() < 1 / (1 + Math.exp(-z)) ? 1 : 0
  })
  return { columns, labels, names: ['a', 'b', 'c', 'noise'] }
}

test('predictions equal those of scikit-learn on the same bins', () => {
  // scikit-learn 1.9.1: HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=None, max_depth=4,
  // learning_rate=0.1, max_bins=64, min_samples_leaf=20, l2_regularization=1, early_stopping=False)
  // .fit(X, y).predict_proba(X)[:, 1] on the table of formulaTable(): first 12 rows, sum, log_loss.
  const golden = [
    0.62782514, 0.69331295, 0.39691278, 0.52504785, 0.38597496, 0.64183829, 0.36620718, 0.60348674,
    0.88424084, 0.47230655, 0.80014347, 0.45791698,
  ]
  const table = formulaTable()
  let finalLoss = 0
  const model = trainTrees({
    ...table,
    options,
    onIteration: (_, { trainLogLoss }) => {
      finalLoss = trainLogLoss
    },
  })
  const probabilities = predictTrees(model, table.columns)
  for (const [row, expected] of golden.entries()) {
    assert.ok(Math.abs(probabilities[row]! - expected) < 1e-6, `row ${row}`)
  }
  const sum = probabilities.reduce((total, value) => total + value, 0)
  assert.ok(Math.abs(sum - 2096.8980710101087) < 1e-4)
  assert.ok(Math.abs(finalLoss - 0.5143192212400504) < 1e-7)
})

test('a stump has the leaf values and the gain of the second-order formulas', () => {
  // Four rows at p = 1/2: gradients +-1/2, hessians 1/4. Left: G = 1, H = 1/2; right: G = -1, H = 1/2.
  const model = trainTrees({
    columns: [Float32Array.of(1, 2, 3, 4)],
    labels: Uint8Array.of(0, 0, 1, 1),
    names: ['x'],
    options: { ...options, trees: 1, depth: 1, minRowsPerLeaf: 1, learningRate: 0.5 },
  })
  const tree = model.trees[0]!
  assert.equal(model.baseScore, 0)
  assert.deepEqual(tree.feature, [0, -1, -1])
  assert.equal(tree.threshold[0], 2.5)
  assert.deepEqual(tree.value, [0, Math.fround(-0.5 / 1.5), Math.fround(0.5 / 1.5)])
  assert.equal(tree.gain[0], (1 / 1.5 + 1 / 1.5) / 2)
  assert.equal(featureImportance(model)[0]!.gain, tree.gain[0])
})

test('missing values take the side that lowers the loss, or a side of their own', () => {
  const nan = Number.NaN
  const informative = trainTrees({
    columns: [Float32Array.of(nan, nan, 1, 2, 8, 9)],
    labels: Uint8Array.of(1, 1, 0, 0, 1, 1),
    names: ['x'],
    options: { ...options, trees: 1, depth: 1, minRowsPerLeaf: 1 },
  }).trees[0]!
  assert.equal(informative.threshold[0], 5)
  assert.equal(informative.missingLeft[0], 0)
  const alone = trainTrees({
    columns: [Float32Array.of(nan, nan, nan, 1, 2, 3)],
    labels: Uint8Array.of(1, 1, 1, 0, 0, 0),
    names: ['x'],
    options: { ...options, trees: 1, depth: 1, minRowsPerLeaf: 1 },
  })
  const [missing, present] = predictTrees(alone, [Float32Array.of(nan, 1e30)])
  assert.ok(missing! > 0.5 && present! < 0.5)
})

test('the same seed gives the same model, another seed another sample of rows', () => {
  const table = noisyTable(3000, 1)
  const train = (seed: number): string =>
    JSON.stringify(trainTrees({ ...table, options: { ...options, rowSample: 0.5, seed } }))
  assert.equal(train(4), train(4))
  assert.notEqual(train(4), train(5))
})

test('a model survives JSON, and noise matters least', () => {
  const table = noisyTable(5000, 2)
  const model = trainTrees({ ...table, options })
  const restored = JSON.parse(JSON.stringify(model)) as typeof model
  assert.deepEqual(predictTrees(restored, table.columns), predictTrees(model, table.columns))
  const importance = featureImportance(model)
  assert.equal(importance[0]!.name, 'a')
  assert.ok(importance.find(({ name }) => name === 'noise')!.share < 0.15)
  assert.ok(Math.abs(importance.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-12)
})

test('reported losses are those of the predictions, sampled rows or not', () => {
  const table = noisyTable(3000, 3)
  const validation = noisyTable(1000, 4)
  for (const rowSample of [1, 0.6]) {
    const losses: { trainLogLoss: number; validLogLoss?: number }[] = []
    const iterations: number[] = []
    const model = trainTrees({
      ...table,
      options: { ...options, rowSample, trees: 12 },
      validation,
      onIteration: (iteration, loss) => {
        iterations.push(iteration)
        losses.push(loss)
      },
    })
    assert.deepEqual(iterations, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    const last = losses.at(-1)!
    assert.ok(Math.abs(last.trainLogLoss - logLossOf(model, table)) < 1e-6)
    assert.ok(Math.abs(last.validLogLoss! - logLossOf(model, validation)) < 1e-6)
    assert.ok(last.trainLogLoss < losses[0]!.trainLogLoss)
  }
})

function logLossOf(
  model: ReturnType<typeof trainTrees>,
  { columns, labels }: { columns: Float32Array[]; labels: Uint8Array },
): number {
  const probabilities = predictTrees(model, columns)
  const sum = probabilities.reduce(
    (total, p, row) => total - Math.log(labels[row] === 1 ? p : 1 - p),
    0,
  )
  return sum / labels.length
}

test('no leaf is smaller than asked, no path longer', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 7 }), (least, depth) => {
      const table = noisyTable(400, least * 10 + depth)
      const model = trainTrees({
        ...table,
        options: { ...options, trees: 2, depth, minRowsPerLeaf: least },
      })
      for (const tree of model.trees) {
        const rows = new Array<number>(tree.feature.length).fill(0)
        for (let row = 0; row < 400; row++) {
          let node = 0
          let steps = 0
          while (tree.feature[node]! >= 0) {
            const x = table.columns[tree.feature[node]!]![row]!
            const left = Number.isNaN(x) ? tree.missingLeft[node] === 1 : x <= tree.threshold[node]!
            node = left ? tree.left[node]! : tree.right[node]!
            steps++
          }
          rows[node]! += 1
          assert.ok(steps <= depth)
        }
        for (const [node, feature] of tree.feature.entries()) {
          if (feature < 0) assert.ok(rows[node]! >= least, `leaf of ${rows[node]} rows`)
        }
      }
    }),
    { numRuns: 40 },
  )
})

test('scaling a column by a power of two changes no prediction', () => {
  const table = noisyTable(2000, 9)
  const scaled = table.columns.map((column) => column.map((value) => value * 1024))
  const plain = predictTrees(trainTrees({ ...table, options }), table.columns)
  const other = predictTrees(trainTrees({ ...table, columns: scaled, options }), scaled)
  assert.deepEqual(other, plain)
})

test('neighbouring float32 values are kept apart', () => {
  // Whichever way the middle of two neighbours rounds, the edge must not reach the upper one.
  for (const low of [16_777_216, 16_777_218, 16_777_220]) {
    const columns = [Float32Array.of(low, low, low + 2, low + 2)]
    const model = trainTrees({
      columns,
      labels: Uint8Array.of(0, 0, 1, 1),
      names: ['x'],
      options: { ...options, trees: 1, depth: 1, minRowsPerLeaf: 1 },
    })
    const [first, , , last] = predictTrees(model, columns)
    assert.ok(first! < 0.5 && last! > 0.5)
  }
})

test('a column of one value, or of none, is never split on', () => {
  const table = noisyTable(500, 6)
  table.columns[1]!.fill(3)
  table.columns[2]!.fill(Number.NaN)
  const model = trainTrees({ ...table, options })
  const used = new Set(model.trees.flatMap((tree) => tree.feature))
  assert.ok(used.has(0))
  assert.ok(!used.has(1) && !used.has(2))
})

test('tables that cannot be learned from are refused with the reason', () => {
  const columns = [Float32Array.of(1, 2)]
  const labels = Uint8Array.of(0, 1)
  const names = ['x']
  const cases: [Partial<Parameters<typeof trainTrees>[0]>, RegExp][] = [
    [{ columns: [], names: [] }, /at least one feature column/],
    [{ columns: [new Float32Array(0)], labels: new Uint8Array(0) }, /empty table/],
    [{ names: ['x', 'y'] }, /1 columns but 2 names/],
    [{ columns: [columns[0]!, columns[0]!], names: ['x', 'x'] }, /must differ/],
    [{ columns: [Float32Array.of(1, 2, 3)] }, /"x" has 3 values, but there are 2 rows/],
    [{ columns: [Float32Array.of(1, -Infinity)] }, /"x" is infinite in row 1/],
    [{ labels: Uint8Array.of(1, 1) }, /All 2 labels are 1/],
    [{ labels: Uint8Array.of(1, 2) }, /label of row 1 is 2/],
    [{ options: { ...options, bins: 256 } }, /bins must be a whole number from 2 to 255/],
    [{ options: { ...options, learningRate: 0 } }, /learningRate must be above 0/],
    [{ options: { ...options, l2: Number.NaN } }, /l2 must be a number/],
    [{ validation: { columns: [], labels } }, /takes 1 feature columns/],
  ]
  for (const [change, message] of cases) {
    assert.throws(
      () => trainTrees({ columns, labels, names, options, ...change }),
      (error) =>
        error instanceof GyreError && error.code === 'invalid' && message.test(error.public),
      `expected ${message}`,
    )
  }
})

test('prediction refuses columns that are not the model’s', () => {
  const table = noisyTable(200, 8)
  const model = trainTrees({ ...table, options: { ...options, trees: 1 } })
  assert.throws(() => predictTrees(model, table.columns.slice(1)), /takes 4 feature columns/)
  const uneven = [...table.columns.slice(0, 3), new Float32Array(3)]
  assert.throws(() => predictTrees(model, uneven), /"noise" has 3 values, others have 200/)
})
