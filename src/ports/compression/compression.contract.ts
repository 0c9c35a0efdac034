import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Compression } from './compression.ts'

/** What every `Compression` promises. */
export function runCompressionContract(name: string, compression: Compression): void {
  describe(`compression by ${name}`, () => {
    test('bytes come back as they were', () =>
      fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 2000, size: 'max' }), async (bytes) => {
          const back = await compression.decompress(await compression.compress(bytes))
          assert.deepEqual(Uint8Array.from(back), bytes)
        }),
      ))

    test('what repeats becomes small', async () => {
      const small = await compression.compress(new Uint8Array(1_000_000))
      assert.ok(small.length < 1000)
      assert.equal((await compression.decompress(small)).length, 1_000_000)
    })

    test('what nobody compressed is refused', async () => {
      await assert.rejects(compression.decompress(Uint8Array.of(1, 2, 3, 4, 5)))
      const whole = await compression.compress(new Uint8Array(1000))
      await assert.rejects(compression.decompress(whole.subarray(0, whole.length - 3)))
    })
  })
}
