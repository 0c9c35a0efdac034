import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runModelRuntimeContract } from '#ports/model-runtime/model-runtime.contract'
import { MessageWriter } from '#kernel/protobuf'
import { trainTrees } from '#science/learners/trees'
import { writeLogisticOnnx } from '#science/onnx/write-logistic'
import { writeTreesOnnx } from '#science/onnx/write-trees'
import { createOnnxRuntime } from './model-runtime.ts'

const types = { float32: 1, int64: 7, float64: 11 }

interface Value {
  name: string
  type: keyof typeof types
  /** Texts are free dimensions. */
  shape: readonly (number | string)[]
}

interface Node {
  operator: string
  inputs: readonly string[]
  outputs: readonly string[]
  domain?: string
  /** A list of integers, for the one operator here that needs it. */
  labels?: readonly number[]
  /** `to` of Cast. */
  to?: number
}

function valueInfo({ name, type, shape }: Value): Uint8Array {
  const dimensions = new MessageWriter()
  for (const size of shape) {
    const dimension = new MessageWriter()
    if (typeof size === 'number') dimension.integer(1, size)
    else dimension.string(2, size)
    dimensions.bytes(1, dimension.finish())
  }
  const tensor = new MessageWriter().integer(1, types[type]).bytes(2, dimensions.finish())
  const holder = new MessageWriter().bytes(1, tensor.finish())
  return new MessageWriter().string(1, name).bytes(2, holder.finish()).finish()
}

/** A sequence of maps from integers to probabilities, as scikit-learn's ZipMap gives it. */
function mapsInfo(name: string): Uint8Array {
  const float = new MessageWriter().bytes(1, new MessageWriter().integer(1, 1).finish())
  const map = new MessageWriter().integer(1, types.int64).bytes(2, float.finish())
  const element = new MessageWriter().bytes(5, map.finish())
  const sequence = new MessageWriter().bytes(1, element.finish())
  const type = new MessageWriter().bytes(4, sequence.finish())
  return new MessageWriter().string(1, name).bytes(2, type.finish()).finish()
}

function nodeOf({ operator, inputs, outputs, domain, labels, to }: Node): Uint8Array {
  const node = new MessageWriter()
  for (const input of inputs) node.string(1, input)
  for (const output of outputs) node.string(2, output)
  node.string(3, outputs.join('-')).string(4, operator)
  if (labels !== undefined) {
    const attribute = new MessageWriter().string(1, 'classlabels_int64s').integers(8, labels)
    node.bytes(5, attribute.integer(20, 7).finish())
  }
  if (to !== undefined) {
    node.bytes(5, new MessageWriter().string(1, 'to').integer(3, to).integer(20, 2).finish())
  }
  return node.string(7, domain ?? '').finish()
}

function modelOf(
  nodes: readonly Node[],
  inputs: readonly Value[],
  outputs: readonly (Value | Uint8Array)[],
): Uint8Array {
  const graph = new MessageWriter()
  for (const node of nodes) graph.bytes(1, nodeOf(node))
  graph.string(2, 'test')
  for (const input of inputs) graph.bytes(11, valueInfo(input))
  for (const output of outputs) {
    graph.bytes(12, output instanceof Uint8Array ? output : valueInfo(output))
  }
  const set = (domain: string, version: number) =>
    new MessageWriter().string(1, domain).integer(2, version).finish()
  return new MessageWriter()
    .integer(1, 8)
    .bytes(7, graph.finish())
    .bytes(8, set('', 13))
    .bytes(8, set('ai.onnx.ml', 3))
    .finish()
}

const input: Value = { name: 'x', type: 'float32', shape: ['N', 3] }
const output: Value = { name: 'y', type: 'float32', shape: ['N', 3] }
const relu: Node = { operator: 'Relu', inputs: ['x'], outputs: ['y'] }

const refused = [
  {
    says: /2 inputs \(x, z\)/,
    model: modelOf(
      [{ operator: 'Add', inputs: ['x', 'z'], outputs: ['y'] }],
      [input, { ...input, name: 'z' }],
      [output],
    ),
  },
  {
    says: /"x" \(FP64 \[-1, 3\]\) is not float32/,
    model: modelOf([relu], [{ ...input, type: 'float64' }], [{ ...output, type: 'float64' }]),
  },
  {
    says: /"x" \(FP32 \[-1\]\)/,
    model: modelOf([relu], [{ ...input, shape: ['N'] }], [{ ...output, shape: ['N'] }]),
  },
  {
    says: /"x" \(FP32 \[5, 3\]\).*free number of rows/,
    model: modelOf([relu], [{ ...input, shape: [5, 3] }], [{ ...output, shape: [5, 3] }]),
  },
  {
    says: /"y" \(INT64 \[-1, 3\]\), but no float32/,
    model: modelOf(
      [{ operator: 'Cast', inputs: ['x'], outputs: ['y'], to: types.int64 }],
      [input],
      [{ ...output, type: 'int64' }],
    ),
  },
  {
    says: /"y" is not a tensor.*zipmap=False/,
    model: modelOf(
      [
        {
          operator: 'ZipMap',
          domain: 'ai.onnx.ml',
          inputs: ['x'],
          outputs: ['y'],
          labels: [0, 1, 2],
        },
      ],
      [input],
      [mapsInfo('y')],
    ),
  },
  {
    says: /NoSuchOperator/,
    model: modelOf([{ ...relu, operator: 'NoSuchOperator' }], [input], [output]),
  },
]

runModelRuntimeContract('ONNX', createOnnxRuntime, {
  logistic: writeLogisticOnnx({
    kind: 'logistic',
    names: ['a', 'b', 'c'],
    means: [0, 0, 0],
    scales: [1, 1, 1],
    coefficients: [1, 2, -3],
    intercept: 0.5,
  }),
  refused,
})

test('of several outputs the first float32 one is answered', async () => {
  const cast: Node = { operator: 'Cast', inputs: ['x'], outputs: ['label'], to: types.int64 }
  const label: Value = { ...output, name: 'label', type: 'int64' }
  const model = modelOf([cast, relu], [input], [label, output])
  const loaded = await createOnnxRuntime().load(model)
  assert.deepEqual(loaded.outputs, [{ name: 'y', datatype: 'FP32', shape: [-1, 3] }])
  const answer = await loaded.run(Float32Array.of(1, -1, 2, -2, 3, 4), 2)
  assert.deepEqual(answer, Float32Array.of(1, 0, 2, 0, 3, 4))
  await loaded.release()
})

test('a free number of features is that of the input', async () => {
  const free = { ...input, shape: ['N', 'M'] }
  const loaded = await createOnnxRuntime().load(
    modelOf([relu], [free], [{ ...output, shape: ['N', 'M'] }]),
  )
  assert.deepEqual(await loaded.run(Float32Array.of(1, -1, 2, -2), 2), Float32Array.of(1, 0, 2, 0))
  await assert.rejects(loaded.run(new Float32Array(5), 2), /any number of features/)
  await loaded.release()
})

const names = ['x', 'y', 'z']
const columns = names.map((_, j) =>
  Float32Array.from({ length: 500 }, (_row, i) => Math.sin(i * 12.9898 + j * 78.233)),
)
const trees = trainTrees({
  columns,
  labels: Uint8Array.from(columns[0]!, (x, i) => (x > columns[1]![i]! ? 1 : 0)),
  names,
  options: {
    trees: 30,
    depth: 5,
    learningRate: 0.1,
    bins: 32,
    minRowsPerLeaf: 2,
    l2: 1,
    rowSample: 1,
    seed: 1,
  },
})

test('few rows of trees are scored at once, as the library scores them', async () => {
  const loaded = await createOnnxRuntime().load(writeTreesOnnx(trees))
  for (const rows of [1, 2, 12]) {
    const input = Float32Array.from({ length: rows * 3 }, (_, i) =>
      i % 7 === 3 ? Number.NaN : Math.sin(i * 3.7),
    )
    const now = loaded.runNow?.(input, rows)
    const later = await loaded.run(input, rows)
    assert.equal(now?.length, rows)
    later.forEach((value, i) => assert.ok(Math.abs(value - now[i]!) < 1e-6))
  }
  assert.equal(loaded.runNow?.(new Float32Array(300), 100), undefined, 'many are for the library')
  assert.equal(loaded.runNow?.(new Float32Array(4), 1), undefined, 'it says what is wrong')
  await loaded.release()
  assert.equal(loaded.runNow?.(new Float32Array(3), 1), undefined)
})

test('other models have no such way', async () => {
  const loaded = await createOnnxRuntime().load(modelOf([relu], [input], [output]))
  assert.equal(loaded.runNow?.(new Float32Array(3), 1), undefined)
  await loaded.release()
})
