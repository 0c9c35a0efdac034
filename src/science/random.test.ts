import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from './random.ts'

test('the same seed gives the same stream, another seed another one', () => {
  const stream = (seed: number): number[] => {
    const random = createRandom(seed)
    return Array.from({ length: 5 }, () => random.next())
  }
  assert.deepEqual(stream(42), stream(42))
  assert.notDeepEqual(stream(42), stream(43))
  assert.notDeepEqual(stream(1), stream(1 + 2 ** 32))
})

test('the words are those of xoshiro128** after splitmix32 seeding', () => {
  // An independent implementation with Python integers of any length, masked to 32 bits.
  const random = createRandom(7)
  const words = Array.from({ length: 4 }, () => random.next() * 4294967296)
  assert.deepEqual(words, [210494603, 711084892, 3993689120, 4089369890])
})

test('uniforms and normals have the moments they promise', () => {
  const random = createRandom(3)
  const rows = 200_000
  let uniform = 0
  let normal = 0
  let square = 0
  let fourth = 0
  for (let row = 0; row < rows; row++) {
    uniform += random.next()
    const x = random.normal()
    normal += x
    square += x * x
    fourth += x ** 4
  }
  // Four standard errors of each mean.
  assert.ok(Math.abs(uniform / rows - 0.5) < 4 * Math.sqrt(1 / 12 / rows))
  assert.ok(Math.abs(normal / rows) < 4 / Math.sqrt(rows))
  assert.ok(Math.abs(square / rows - 1) < 4 * Math.sqrt(2 / rows))
  assert.ok(Math.abs(fourth / rows - 3) < 4 * Math.sqrt(96 / rows))
})

test('integers cover their range evenly', () => {
  const random = createRandom(11)
  const counts = new Array<number>(7).fill(0)
  for (let draw = 0; draw < 70_000; draw++) counts[random.integer(7)]! += 1
  const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
  assert.ok(chiSquare < 22.46, `chi-square ${chiSquare} is above its 0.999 quantile for 6 degrees`)
})

test('a shuffle keeps the elements and reaches every order', () => {
  const random = createRandom(5)
  const seen = new Map<string, number>()
  for (let draw = 0; draw < 6_000; draw++) {
    const order = random.shuffle(['a', 'b', 'c']).join('')
    seen.set(order, (seen.get(order) ?? 0) + 1)
  }
  assert.deepEqual([...seen.keys()].sort(), ['abc', 'acb', 'bac', 'bca', 'cab', 'cba'])
  for (const count of seen.values()) assert.ok(Math.abs(count - 1000) < 5 * Math.sqrt(1000))
})
