import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, it } from 'node:test'
import { ChunkCutter, chunkSizes } from './chunks.ts'
import { createRandom } from './random.ts'

function randomBytes(count: number, seed: number): Uint8Array {
  const random = createRandom(seed)
  return Uint8Array.from({ length: count }, () => Math.floor(random.next() * 256))
}

/** Ends of the chunks when the bytes come in pieces of this size; the last chunk ends them. */
function ends(content: Uint8Array, pieceBytes = content.length): number[] {
  const cutter = new ChunkCutter()
  const found: number[] = []
  for (let start = 0; start < content.length; start += pieceBytes) {
    const end = Math.min(content.length, start + pieceBytes)
    for (let at = start; at < end;) {
      const next = cutter.cut(content, at, end)
      if (next < 0) break
      found.push(next)
      at = next
    }
  }
  if (found.at(-1) !== content.length) found.push(content.length)
  return found
}

function digests(content: Uint8Array): Set<string> {
  let start = 0
  return new Set(
    ends(content).map((end) => {
      const digest = hash('sha256', content.subarray(start, end), 'hex')
      start = end
      return digest
    }),
  )
}

describe('ChunkCutter', () => {
  const content = randomBytes(6_000_000, 1)

  it('cuts the same however the bytes come', () => {
    const whole = ends(content)
    for (const pieceBytes of [1000, 4096, 65_537, 1_000_000]) {
      assert.deepEqual(ends(content, pieceBytes), whole, `${pieceBytes} bytes at a time`)
    }
  })

  it('keeps to its sizes', () => {
    const all = ends(content)
    const sizes = all.map((end, i) => end - (all[i - 1] ?? 0)).slice(0, -1)
    assert.ok(sizes.every((size) => size >= chunkSizes.leastBytes && size <= chunkSizes.mostBytes))
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length
    assert.ok(mean > 25_000 && mean < 55_000, `mean ${mean}`)
    const still = new Uint8Array(1_000_000)
    assert.ok(ends(still).length <= 1_000_000 / chunkSizes.leastBytes + 1)
  })

  it('finds nearly all again after bytes were inserted, changed or removed', () => {
    const edits = [
      Buffer.concat([
        content.subarray(0, 3_000_000),
        Buffer.from('new'),
        content.subarray(3_000_000),
      ]),
      Buffer.concat([content.subarray(0, 2_000_000), content.subarray(2_000_500)]),
      Buffer.concat([
        content.subarray(0, 1_000_000),
        Buffer.from('x'),
        content.subarray(1_000_001),
      ]),
    ]
    const before = digests(content)
    for (const edited of edits) {
      const fresh = [...digests(edited)].filter((digest) => !before.has(digest))
      assert.ok(fresh.length <= 4, `${fresh.length} new chunks`)
    }
  })

  it('cuts as it always did: what is stored depends on it', () => {
    assert.equal(hash('sha256', ends(content).join(), 'hex').slice(0, 16), '3c7e0a682f522d2d')
  })
})
