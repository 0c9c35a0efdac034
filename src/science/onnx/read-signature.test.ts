import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GyreError } from '#kernel/errors'
import { MessageWriter } from '#kernel/protobuf'
import { readOnnxSignature } from './read-signature.ts'

// onnx 1.23.2: helper.make_model(helper.make_graph([helper.make_node('Identity', ['x'], ['y'])], 'g',
// [x, w], [y], initializer=[w]), producer_name='t', ir_version=8, opset 13) with x: float [batch, ?, 3],
// w: float [1] also listed as input, y: a sequence of int64; metadata {'k': 'ü'}; SerializeToString().
const REAL_MODEL =
  '08081201743a600a100a017812017922084964656e746974791201672a0d080110014201774a040000803f5a1a0a017812150a130801120f0a07120562617463680a000a0208035a0f0a0177120a0a08080112040a020801620d0a0179120822060a040a02080742040a00100d72070a016b1202c3bc'

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

const isRefusal = (message: RegExp) => (error: unknown) =>
  error instanceof GyreError && error.code === 'invalid' && message.test(error.public)

test('reads a model written by the onnx package', () => {
  assert.deepEqual(readOnnxSignature(bytesOf(REAL_MODEL)), {
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', null, 3] }],
    outputs: [{ name: 'y', datatype: 'SEQUENCE', shape: [] }],
    metadata: { k: 'ü' },
  })
})

test('refuses garbage and says what is wrong', () => {
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /no IR version/],
    [Uint8Array.from('not a model at all', (letter) => letter.charCodeAt(0)), /not an ONNX model/],
    [bytesOf(REAL_MODEL).slice(0, -3), /bytes too early|middle of a number/],
    [new MessageWriter().integer(1, 8).finish(), /no graph/],
    [new MessageWriter().integer(1, 8).integer(7, 3).finish(), /"graph" holds a number/],
    [
      new MessageWriter()
        .integer(1, 8)
        .bytes(7, new Uint8Array(0))
        .bytes(8, new Uint8Array(0))
        .finish(),
      /no outputs/,
    ],
    [new Uint8Array(30).fill(255), /more than ten bytes/],
  ]
  for (const [bytes, message] of cases) {
    assert.throws(() => readOnnxSignature(bytes), isRefusal(message), `expected ${message}`)
  }
})

test('any bytes are either read or refused', () => {
  const real = [...bytesOf(REAL_MODEL)]
  const damaged = fc
    .tuple(fc.nat(real.length - 1), fc.integer({ min: 0, max: 255 }))
    .map(([at, byte]) => Uint8Array.from(real.with(at, byte)))
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      try {
        readOnnxSignature(bytes)
      } catch (error) {
        assert.ok(isRefusal(/not an ONNX model/)(error), String(error))
      }
    }),
    { numRuns: 2000 },
  )
})
