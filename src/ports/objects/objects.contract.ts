import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { GyreError } from '#kernel/errors'
import type { Objects } from './objects.ts'

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}

/** What every place for objects promises. `open` gives an empty one. */
export function runObjectsContract(name: string, open: () => Promise<Objects>): void {
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251))

  async function keep(objects: Objects, key: string, bytes: Uint8Array): Promise<void> {
    const { path, discard } = objects.spool()
    await writeFile(path, bytes)
    await objects.keepFile(key, path)
    discard()
  }

  describe(`objects in ${name}`, () => {
    test('a file that is kept is read in whole and in parts', async () => {
      const objects = await open()
      await keep(objects, 'files/ab/whole', content)
      assert.equal(await objects.sizeOf('files/ab/whole'), content.length)
      const all = { start: 0, end: content.length }
      assert.equal(Buffer.compare(await collect(objects.read('files/ab/whole', all)), content), 0)
      for (const range of [
        { start: 10, end: 20 },
        { start: 262_140, end: 262_150 },
        { start: 299_999, end: 300_000 },
        { start: 5, end: 5 },
      ]) {
        const wanted = content.subarray(range.start, range.end)
        const streamed = await collect(objects.read('files/ab/whole', range))
        assert.equal(Buffer.compare(streamed, wanted), 0)
        assert.equal(Buffer.compare(await objects.readRange('files/ab/whole', range), wanted), 0)
      }
      await objects.close()
    })

    test('an empty file is one', async () => {
      const objects = await open()
      await keep(objects, 'files/ab/empty', new Uint8Array())
      assert.equal(await objects.sizeOf('files/ab/empty'), 0)
      assert.equal((await objects.readRange('files/ab/empty', { start: 0, end: 0 })).length, 0)
      await objects.close()
    })

    test('what is appended is where it was said to be', async () => {
      const objects = await open()
      const pieces = Array.from({ length: 20 }, (_, i) => Buffer.from(`piece ${i}`.repeat(i + 1)))
      const places = await Promise.all(pieces.map((piece) => objects.append(piece)))
      for (const [i, { key, start }] of places.entries()) {
        const piece = pieces[i] ?? Buffer.alloc(0)
        const found = await objects.readRange(key, { start, end: start + piece.length })
        assert.equal(Buffer.compare(found, piece), 0)
      }
      await objects.close()
    })

    test('what is appended to be durable later is there at once, and flushed in the end', async () => {
      const objects = await open()
      const append = (bytes: Uint8Array) => objects.appendSoon?.(bytes) ?? objects.append(bytes)
      const pieces = Array.from({ length: 20 }, (_, i) => Buffer.from(`soon ${i}`.repeat(i + 1)))
      const places = await Promise.all(pieces.map(append))
      const durable = await objects.flush()
      for (const [i, { key, start }] of places.entries()) {
        const piece = pieces[i] ?? Buffer.alloc(0)
        const found = await objects.readRange(key, { start, end: start + piece.length })
        assert.equal(Buffer.compare(found, piece), 0)
        assert.equal(objects.appendSoon === undefined || durable.includes(key), true)
      }
      await objects.close()
    })

    test('what is absent is not found, and removing it is harmless', async () => {
      const objects = await open()
      assert.equal(await objects.sizeOf('files/ab/absent'), undefined)
      const isAbsent = (thrown: unknown) =>
        thrown instanceof GyreError && thrown.code === 'not_found'
      await assert.rejects(objects.readRange('files/ab/absent', { start: 0, end: 1 }), isAbsent)
      await assert.rejects(collect(objects.read('files/ab/absent', { start: 0, end: 1 })), isAbsent)
      await objects.remove('files/ab/absent')
      await keep(objects, 'files/ab/removed', content)
      await objects.remove('files/ab/removed')
      assert.equal(await objects.sizeOf('files/ab/removed'), undefined)
      await objects.close()
    })

    test('all objects are listed, with their sizes', async () => {
      const objects = await open()
      const keys = Array.from({ length: 12 }, (_, i) => `files/ab/listed${i}`)
      for (const [i, key] of keys.entries()) await keep(objects, key, Buffer.alloc(i))
      const found = new Map<string, number>()
      for await (const { key, sizeBytes, modifiedAt } of objects.list()) {
        found.set(key, sizeBytes)
        assert.ok(Math.abs(Date.now() - modifiedAt) < 600_000)
      }
      assert.deepEqual(found, new Map(keys.map((key, i) => [key, i])))
      await objects.close()
    })
  })
}
