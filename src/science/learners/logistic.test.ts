import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GyreError } from '#kernel/errors'
import { predictLogistic, trainLogistic } from './logistic.ts'

function formulaTable(): { columns: Float32Array[]; labels: Uint8Array; names: string[] } {
  const row = Array.from({ length: 400 }, (_, index) => index)
  const x0 = Float32Array.from(row, (i) => Math.sin(i * 0.7))
  const x1 = Float32Array.from(row, (i) => (i * 37) % 101)
  const x2 = Float32Array.from(row, (i) => Math.cos(i * 1.3) * 1000 + 5000)
  const labels = Uint8Array.from(row, (i) => {
    const z = x0[i]! * 2 + (x1[i]! - 50) / 25 - (x2[i]! - 5000) / 800 + Math.sin(i * 12.9) * 1.5
    return z > 0 ? 1 : 0
  })
  return { columns: [x0, x1, x2], labels, names: ['a', 'b', 'c'] }
}

function assertClose(actual: ArrayLike<number>, expected: readonly number[], within: number): void {
  for (const [index, value] of expected.entries()) {
    assert.ok(Math.abs(actual[index]! - value) <= within, `${actual[index]} is not ${value}`)
  }
}

test('coefficients and probabilities equal those of scikit-learn', () => {
  // scikit-learn 1.9.1: LogisticRegression(C=1/l2, tol=1e-12, solver='newton-cholesky')
  // .fit(StandardScaler().fit_transform(X), y): coef_, intercept_, predict_proba(Z)[:4, 1], log_loss.
  const table = formulaTable()
  const losses: number[] = []
  const model = trainLogistic({
    ...table,
    options: { l2: 1, iterations: 50 },
    onIteration: (iteration, { trainLogLoss }) => {
      assert.equal(iteration, losses.length + 1)
      losses.push(trainLogLoss)
    },
  })
  assertClose(model.coefficients, [2.14604481, 1.73147672, -1.21961074], 1e-6)
  assertClose([model.intercept], [0.07511962], 1e-6)
  const probabilities = predictLogistic(model, table.columns)
  assertClose(probabilities, [0.00966323, 0.68634603, 0.99740285, 0.8261226], 1e-6)
  assertClose([losses.at(-1)!], [0.3220621888555614], 1e-7)
  const stronger = trainLogistic({ ...table, options: { l2: 10, iterations: 50 } })
  assertClose(stronger.coefficients, [1.45321426, 1.13283941, -0.80121275], 1e-6)
  assertClose([stronger.intercept], [0.06369613], 1e-6)
})

test('a missing value counts as the mean of its column', () => {
  const table = formulaTable()
  const model = trainLogistic({ ...table, options: { l2: 1, iterations: 20 } })
  const holes = table.columns.map((column) => Float32Array.of(Number.NaN, column[1]!))
  const means = table.columns.map((column, i) => Float32Array.of(model.means[i]!, column[1]!))
  assert.deepEqual(predictLogistic(model, holes), predictLogistic(model, means))
})

test('constant, empty and repeated columns do no harm', () => {
  const table = formulaTable()
  const plain = trainLogistic({ ...table, options: { l2: 0, iterations: 50 } })
  const more = trainLogistic({
    labels: table.labels,
    columns: [
      ...table.columns,
      new Float32Array(400).fill(7),
      new Float32Array(400).fill(Number.NaN),
      table.columns[0]!,
    ],
    names: ['a', 'b', 'c', 'constant', 'empty', 'again'],
    options: { l2: 0, iterations: 50 },
  })
  assert.equal(more.coefficients[3], 0)
  assert.equal(more.coefficients[4], 0)
  assertClose([more.coefficients[0]! + more.coefficients[5]!], [plain.coefficients[0]!], 1e-4)
})

test('separable classes end in finite coefficients and a falling loss', () => {
  const column = Float32Array.from({ length: 40 }, (_, row) => row)
  const losses: number[] = []
  const model = trainLogistic({
    columns: [column],
    labels: Uint8Array.from({ length: 40 }, (_, row) => (row < 20 ? 0 : 1)),
    names: ['x'],
    options: { l2: 0, iterations: 30 },
    onIteration: (_, { trainLogLoss }) => losses.push(trainLogLoss),
  })
  assert.ok(Number.isFinite(model.coefficients[0]!))
  for (let step = 1; step < losses.length; step++) assert.ok(losses[step]! <= losses[step - 1]!)
  assert.ok(losses.at(-1)! < 1e-3)
})

test('wrong options and tables are refused', () => {
  const table = formulaTable()
  const refusal = (message: RegExp) => (error: unknown) =>
    error instanceof GyreError && error.code === 'invalid' && message.test(error.public)
  assert.throws(
    () => trainLogistic({ ...table, options: { l2: -1, iterations: 5 } }),
    refusal(/l2 must be/),
  )
  assert.throws(
    () => trainLogistic({ ...table, options: { l2: 1, iterations: 0 } }),
    refusal(/iterations must be/),
  )
  assert.throws(
    () =>
      trainLogistic({
        ...table,
        labels: new Uint8Array(400),
        options: { l2: 1, iterations: 5 },
      }),
    refusal(/All 400 labels are 0/),
  )
})
