import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MessageWriter, readMessage, readText } from './protobuf.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('writes the examples of the encoding guide', () => {
  // protobuf.dev/programming-guides/encoding: 150 in field 1; "testing" in field 2; packed 3, 270, 86942.
  assert.equal(hex(new MessageWriter().integer(1, 150).finish()), '089601')
  assert.equal(hex(new MessageWriter().string(2, 'testing').finish()), '120774657374696e67')
  assert.equal(hex(new MessageWriter().integers(6, [3, 270, 86942]).finish()), '3206038e029ea705')
  assert.equal(hex(new MessageWriter().integer(1, -1).finish()), '08ffffffffffffffffff01')
  assert.equal(hex(new MessageWriter().float(2, 1.5).finish()), '150000c03f')
})

test('reads what it wrote', () => {
  const text = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(
      fc.maxSafeInteger(),
      text,
      fc.integer({ min: 1, max: 5000 }),
      (number, label, id) => {
        const bytes = new MessageWriter().integer(id, number).float(3, 1).string(id, label).finish()
        const [first, second, third] = [...readMessage(bytes)]
        assert.deepEqual(first, { field: id, kind: 'varint', value: BigInt(number) })
        assert.deepEqual(second, {
          field: 3,
          kind: 'fixed',
          value: Uint8Array.of(0, 0, 0x80, 0x3f),
        })
        assert.ok(third?.kind === 'bytes' && third.field === id)
        assert.equal(readText(third.value), label)
        assert.equal(hex(third.value), Buffer.from(label).toString('hex'))
      },
    ),
  )
})

test('a text that is not UTF-8 is refused', () => {
  assert.throws(() => readText(Uint8Array.of(0xc3, 0x28)), /not UTF-8/)
})
