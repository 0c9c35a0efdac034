import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MessageWriter } from '#kernel/protobuf'
import { externalFiles, inlineData } from './inline-data.ts'
import { writeLogisticOnnx } from './write-logistic.ts'

const entry = (key: string, value: string) =>
  new MessageWriter().string(1, key).string(2, value).finish()

/** A model of one tensor, in its graph as field 5; `place` says where its numbers are. */
function model(tensor: (writer: MessageWriter) => MessageWriter): Uint8Array {
  const made = tensor(new MessageWriter().integers(1, [2]).integer(2, 1).string(8, 'w')).finish()
  const graph = new MessageWriter().string(2, 'graph').bytes(5, made).finish()
  return new MessageWriter().integer(1, -1).bytes(7, graph).float(99, 1.5).finish()
}

const outside = (...place: [string, string][]) =>
  model((writer) => {
    for (const [key, value] of place) writer.bytes(13, entry(key, value))
    return writer.integer(14, 1)
  })
const inside = (numbers: Uint8Array) => model((writer) => writer.bytes(9, numbers))
const file = Uint8Array.from({ length: 24 }, (_, i) => i)

describe('weights beside an ONNX model', () => {
  it('are named, and put into it where they belong', () => {
    const part = outside(['location', 'weights'], ['offset', '8'], ['length', '8'])
    assert.deepEqual(externalFiles(part), ['weights'])
    const files = new Map([['weights', file]])
    assert.deepEqual(inlineData(part, files), inside(file.subarray(8, 16)))
    assert.deepEqual(inlineData(outside(['location', 'weights']), files), inside(file))
    assert.deepEqual(externalFiles(inlineData(part, files)), [])
  })

  it('are none of a model that is whole, which stays as it is', () => {
    const whole = writeLogisticOnnx({
      names: ['x'],
      means: Float64Array.of(0),
      scales: Float64Array.of(1),
      coefficients: Float64Array.of(1),
      intercept: 0,
    } as unknown as Parameters<typeof writeLogisticOnnx>[0])
    assert.deepEqual(externalFiles(whole), [])
    assert.deepEqual(inlineData(whole, new Map()), whole)
  })

  it('are missed by name, and what is no model is told', () => {
    const invalid = { code: 'invalid' }
    assert.throws(() => inlineData(outside(['location', 'w']), new Map()), /"w" beside it/)
    for (const [offset, length] of [
      ['20', '8'],
      ['-1', '2'],
      ['x', '2'],
    ] as const) {
      const wrong = outside(['location', 'w'], ['offset', offset], ['length', length])
      assert.throws(() => inlineData(wrong, new Map([['w', file]])), invalid)
    }
    assert.throws(() => externalFiles(Uint8Array.of(0, 1, 2)), invalid)
  })
})
