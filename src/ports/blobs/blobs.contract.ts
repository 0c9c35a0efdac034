import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { GyreError } from '#kernel/errors'
import type { Blobs, BlobStat } from './blobs.ts'

type Open = () => Promise<Blobs>

/** What every blob store promises. `open` gives an empty one. */
export function runBlobsContract(name: string, open: Open): void {
  describe(`blobs on ${name}`, () => {
    testPut(open)
    testRefusals(open)
    testReading(open)
    testAbsence(open)
  })
}

const digest = (algorithm: string, content: Uint8Array) =>
  createHash(algorithm).update(content).digest('hex')

function expected(content: Uint8Array): BlobStat {
  return {
    sha256: digest('sha256', content),
    md5: digest('md5', content),
    sizeBytes: content.byteLength,
  }
}

/** Bytes that repeat nowhere near, the same each time. */
function sample(sizeBytes: number): Uint8Array {
  const content = new Uint8Array(sizeBytes)
  for (let i = 0, x = 1; i < sizeBytes; i++) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0
    content[i] = x >>> 24
  }
  return content
}

async function* inPieces(content: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += pieceBytes) {
    yield content.subarray(at, at + pieceBytes)
  }
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}

async function listed(blobs: Blobs): Promise<string[]> {
  const all: string[] = []
  for await (const sha256 of blobs.list()) all.push(sha256)
  return all.sort()
}

function isGyreError(code: string): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof GyreError && thrown.code === code
}

function testPut(open: Open): void {
  const sizes = [0, 1, 300, 65_536, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5_000_000]
  for (const sizeBytes of sizes) {
    test(`${sizeBytes} bytes come back from memory and from a stream`, async () => {
      const blobs = await open()
      const content = sample(sizeBytes)
      assert.deepEqual(await blobs.put(inPieces(content, 70_001)), expected(content))
      assert.deepEqual(await blobs.put(content), expected(content))
      const { sha256 } = expected(content)
      assert.equal(Buffer.compare(await blobs.readAll(sha256), content), 0)
      assert.equal(Buffer.compare(await collect(blobs.read(sha256)), content), 0)
      assert.deepEqual(await blobs.stat(sha256), expected(content))
      assert.equal(await blobs.has(sha256), true)
      assert.deepEqual(await listed(blobs), [sha256])
    })
  }

  test('a source that uses its buffer again is read right', async () => {
    const blobs = await open()
    const content = sample(3_000_000)
    async function* reusing(): AsyncGenerator<Uint8Array> {
      const buffer = new Uint8Array(50_000)
      for (let at = 0; at < content.byteLength; at += buffer.byteLength) {
        buffer.set(content.subarray(at, at + buffer.byteLength))
        yield buffer
      }
    }
    assert.deepEqual(await blobs.put(reusing()), expected(content))
    const { sha256 } = expected(content)
    assert.equal(Buffer.compare(await blobs.readAll(sha256), content), 0)
  })

  test('the same content, twenty times at once, is one blob', async () => {
    const blobs = await open()
    const content = sample(2_000_000)
    const puts = Array.from({ length: 20 }, (_, i) =>
      blobs.put(i % 2 === 0 ? content : inPieces(content, 65_536)),
    )
    for (const stat of await Promise.all(puts)) assert.deepEqual(stat, expected(content))
    assert.deepEqual(await listed(blobs), [expected(content).sha256])
  })

  test('three hundred small ones at once are all there', async () => {
    const blobs = await open()
    const contents = Array.from({ length: 300 }, (_, i) => Buffer.from(`file ${i}`))
    await Promise.all(contents.map((content) => blobs.put(content)))
    const names = contents.map((content) => expected(content).sha256).sort()
    assert.deepEqual(await listed(blobs), names)
  })
}

function testRefusals(open: Open): void {
  const content = sample(1_500_000)
  const wrong = {
    sha256: { sha256: 'a'.repeat(64) },
    md5: { md5: 'a'.repeat(32) },
    sizeBytes: { sizeBytes: 5 },
  }
  for (const [what, expect] of Object.entries(wrong)) {
    test(`content of another ${what} than announced is refused and leaves nothing`, async () => {
      const blobs = await open()
      await assert.rejects(blobs.put(content, { expect }), isGyreError('invalid'))
      await assert.rejects(blobs.put(inPieces(content, 9999), { expect }), isGyreError('invalid'))
      assert.deepEqual(await listed(blobs), [])
      assert.deepEqual(await blobs.put(content, { expect: expected(content) }), expected(content))
      await assert.rejects(blobs.put(content, { expect }), isGyreError('invalid'))
    })
  }

  test('too much is refused as soon as it arrives', async () => {
    const blobs = await open()
    let pieces = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        pieces++
        yield sample(1000)
      }
    }
    await assert.rejects(blobs.put(endless(), { maxBytes: 10_000 }), isGyreError('too_large'))
    assert.equal(pieces, 11)
    await assert.rejects(blobs.put(content, { maxBytes: 1_499_999 }), isGyreError('too_large'))
    await blobs.put(content, { maxBytes: 1_500_000 })
  })

  test('an error of the source comes through and leaves nothing', async () => {
    const blobs = await open()
    const mine = new Error('the client went away')
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield sample(2_000_000)
      throw mine
    }
    await assert.rejects(blobs.put(failing()), (thrown) => thrown === mine)
    assert.deepEqual(await listed(blobs), [])
  })

  test('an abort ends even a source that hangs, and leaves nothing', async () => {
    const blobs = await open()
    const hangs = Promise.withResolvers<void>()
    async function* hanging(): AsyncGenerator<Uint8Array> {
      yield sample(2_000_000)
      await hangs.promise
    }
    const controller = new AbortController()
    const put = blobs.put(hanging(), { signal: controller.signal })
    setTimeout(() => controller.abort(), 20)
    await assert.rejects(put, isGyreError('unavailable'))
    await assert.rejects(
      blobs.put(inPieces(content, 1000), { signal: AbortSignal.abort() }),
      isGyreError('unavailable'),
    )
    hangs.resolve()
    assert.deepEqual(await listed(blobs), [])
  })
}

function testReading(open: Open): void {
  test('a range gives just its bytes, cut at the end', async () => {
    const blobs = await open()
    const content = sample(700_000)
    const { sha256 } = await blobs.put(content)
    const ranges = [
      { start: 0, end: 1 },
      { start: 5, end: 5 },
      { start: 262_143, end: 262_145 },
      { start: 1000, end: 600_000 },
      { start: 699_999 },
      { start: 0, end: 10_000_000 },
      { start: 700_000 },
      { start: 800_000, end: 900_000 },
    ]
    for (const range of ranges) {
      const part = await collect(blobs.read(sha256, range))
      const wanted = content.subarray(range.start, range.end)
      assert.equal(Buffer.compare(part, wanted), 0, JSON.stringify(range))
    }
    for (const range of [{ start: -1 }, { start: 0.5 }, { start: 9, end: 3 }]) {
      await assert.rejects(collect(blobs.read(sha256, range)), isGyreError('invalid'))
    }
  })

  test('a read that is left early does no harm', async () => {
    const blobs = await open()
    const { sha256 } = await blobs.put(sample(700_000))
    for await (const part of blobs.read(sha256)) {
      assert.ok(part.byteLength > 0)
      break
    }
    assert.equal((await blobs.readAll(sha256)).byteLength, 700_000)
  })

  test('many small ones come in the order asked, one that is asked twice twice', async () => {
    const blobs = await open()
    const contents = Array.from({ length: 50 }, (_, i) => Buffer.from(`file ${i}`))
    await Promise.all(contents.map((content) => blobs.put(content)))
    const asked = [...contents.slice(25), ...contents.slice(0, 30)]
    const read: string[] = []
    for await (const content of blobs.readEach(asked.map((each) => expected(each).sha256))) {
      read.push(Buffer.from(content).toString())
    }
    assert.deepEqual(
      read,
      asked.map((each) => String(each)),
    )
    const absent = blobs.readEach(['b'.repeat(64)])
    await assert.rejects(absent.next(), isGyreError('not_found'))
  })

  test('the local path has the bytes', async () => {
    const blobs = await open()
    const content = sample(1000)
    const { sha256 } = await blobs.put(content)
    assert.equal(Buffer.compare(await readFile(await blobs.localPath(sha256)), content), 0)
  })
}

function testAbsence(open: Open): void {
  test('what is not there is not found', async () => {
    const blobs = await open()
    const absent = 'b'.repeat(64)
    assert.equal(await blobs.has(absent), false)
    assert.equal(await blobs.stat(absent), undefined)
    await assert.rejects(blobs.readAll(absent), isGyreError('not_found'))
    await assert.rejects(blobs.localPath(absent), isGyreError('not_found'))
    await assert.rejects(collect(blobs.read(absent)), isGyreError('not_found'))
    await blobs.delete(absent)
  })

  test('what is no digest is invalid, also when it looks like a path', async () => {
    const blobs = await open()
    const names = ['', 'abc', 'A'.repeat(64), '../'.repeat(21) + 'a', `${'a'.repeat(63)}/`]
    for (const sha256 of names) {
      await assert.rejects(blobs.has(sha256), isGyreError('invalid'))
      await assert.rejects(blobs.readAll(sha256), isGyreError('invalid'))
      await assert.rejects(blobs.delete(sha256), isGyreError('invalid'))
      await assert.rejects(blobs.localPath(sha256), isGyreError('invalid'))
      await assert.rejects(collect(blobs.read(sha256)), isGyreError('invalid'))
    }
  })

  test('a deleted blob is gone, twice is harmless, and it can come back', async () => {
    const blobs = await open()
    const content = sample(100)
    const { sha256 } = await blobs.put(content)
    await blobs.delete(sha256)
    await blobs.delete(sha256)
    assert.equal(await blobs.has(sha256), false)
    assert.deepEqual(await listed(blobs), [])
    assert.deepEqual(await blobs.put(content), expected(content))
    assert.deepEqual(await blobs.stat(sha256), expected(content))
  })
}
