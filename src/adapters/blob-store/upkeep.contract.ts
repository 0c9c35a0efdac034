import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { openFsObjects } from '#adapters/fs/objects'
import { GyreError } from '#kernel/errors'
import type { NamedBlob } from '#ports/blobs/blob-names'
import type { BlobTables } from '#ports/blobs/blob-tables'
import type { CollectPolicy } from '#ports/blobs/upkeep'
import type { Objects } from '#ports/objects/objects'
import type { Tables } from '#ports/tables/tables'
import { openStore, type StoreUnderTest } from './under-test.contract.ts'

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')
const hour = 3_600_000

async function* each(...digests: string[]): AsyncGenerator<NamedBlob> {
  for (const sha256 of digests) yield { sha256, by: 'test' }
}

async function* inPieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += 100_000) yield content.subarray(at, at + 100_000)
}

function policy(untouchedSince: number, changes: Partial<CollectPolicy> = {}): CollectPolicy {
  const since = { untouchedSince, quarantinedSince: untouchedSince, doomedSince: untouchedSince }
  return { ...since, dryRun: false, forget: async () => {}, ...changes }
}

/** What keeps a store in order, in tables of its own or in those given. */
export function testUpkeep(place: () => Promise<{ tables?: Tables }>): void {
  const opened: StoreUnderTest[] = []
  let root: string | undefined

  after(async () => {
    for (const store of opened) await store.close()
    if (root !== undefined) await rm(root, { recursive: true })
  })

  async function open(copy?: Objects): Promise<StoreUnderTest> {
    root ??= await mkdtemp(join(tmpdir(), 'gyre-upkeep-'))
    const options = copy === undefined ? {} : { copy }
    const store = await openStore({ below: root, ...options, ...(await place()) })
    opened.push(store)
    return store
  }

  async function placeOf({ tables }: StoreUnderTest, digest: string) {
    return tables
      .read<BlobTables>()
      .selectFrom('blob_places')
      .select(['object', 'start', 'damaged_at'])
      .where('sha256', '=', digest)
      .executeTakeFirstOrThrow()
  }

  function redoRows({ tables }: StoreUnderTest) {
    return tables.read<BlobTables>().selectFrom('blob_redo').select(['object', 'start']).execute()
  }

  /** Turns one bit in the middle of a blob around, on the disk. */
  async function flip(store: StoreUnderTest, digest: string, at: number): Promise<void> {
    const { object, start } = await placeOf(store, digest)
    const path = store.objects.localPath(object ?? '') ?? ''
    const bytes = readFileSync(path)
    bytes[start + at]! ^= 1
    chmodSync(path, 0o644)
    writeFileSync(path, bytes)
  }

  describe('chunks', () => {
    it('keeps only what is new of a large blob that was edited', async () => {
      const { blobs } = await open()
      const first = randomBytes(8_000_000)
      const second = Buffer.concat([
        first.subarray(0, 2_000_000),
        Buffer.from('inserted'),
        first.subarray(2_000_000, 6_000_000),
        first.subarray(6_100_000),
      ])
      await blobs.put(inPieces(first))
      await blobs.put(inPieces(second))
      const { contentBytes, storedBytes, inPieces: count } = await blobs.summary()
      assert.equal(count, 1)
      assert.equal(contentBytes, first.length + second.length)
      assert.ok(storedBytes < first.length + 1_000_000, `${storedBytes} bytes`)
      assert.equal(Buffer.compare(await blobs.readAll(sha256(second)), second), 0)
      const part: Uint8Array[] = []
      for await (const bytes of blobs.read(sha256(second), { start: 1_999_990, end: 2_000_020 })) {
        part.push(bytes)
      }
      assert.equal(Buffer.compare(Buffer.concat(part), second.subarray(1_999_990, 2_000_020)), 0)
      const path = await blobs.localPath(sha256(second))
      assert.equal(Buffer.compare(readFileSync(path), second), 0)
    })

    it('keeps what others share when the first is collected', async () => {
      const store = await open()
      const { blobs } = store
      const first = randomBytes(4_000_000)
      const second = Buffer.concat([Buffer.from('before'), first])
      await blobs.put(first)
      await blobs.put(second)
      store.pass(2 * hour)
      await blobs.collect(each(sha256(second)), policy(Date.now() + hour))
      store.pass(2 * hour)
      await blobs.collect(each(sha256(second)), policy(Date.now() + 3 * hour))
      assert.equal(await blobs.has(sha256(first)), false)
      assert.equal(Buffer.compare(await blobs.readAll(sha256(second)), second), 0)
      await blobs.put(first)
      assert.equal(Buffer.compare(await blobs.readAll(sha256(first)), first), 0)
    })
  })

  describe('an index that is made again', () => {
    it('finds everything that is whole, and says what is not', async () => {
      const store = await open()
      const { blobs, tables } = store
      const first = randomBytes(3_000_000)
      const contents = [
        first,
        // Shares most of its bytes with the first, so it is kept in pieces.
        Buffer.concat([
          first.subarray(0, 2_000_000),
          Buffer.from('inserted'),
          first.subarray(2_000_000),
        ]),
        randomBytes(200_000),
        ...Array.from({ length: 30 }, (_, i) => Buffer.from(`small ${i}`)),
        // Looks like a record, and is content.
        Buffer.from(`GYREPK1\n${'x'.repeat(100)}`),
      ]
      for (const content of contents) await blobs.put(inPieces(content))
      const lost = await blobs.put(randomBytes(100_000))
      const { object } = await placeOf(store, lost.sha256)
      assert.equal((await blobs.summary()).inPieces, 1)
      await store.objects.remove(object ?? '')
      await tables.write<BlobTables, void>(async (tx) => {
        await tx.deleteFrom('blob_places').where('sha256', '!=', lost.sha256).execute()
        for (const name of ['blob_objects', 'blob_extents', 'blob_chunks', 'blob_redo'] as const) {
          await tx.deleteFrom(name).execute()
        }
      })
      assert.equal(await blobs.has(sha256(first)), false)
      const rebuilt = await blobs.rebuildIndex()
      assert.equal(rebuilt.found, contents.length)
      assert.deepEqual(rebuilt.lost, [lost.sha256])
      for (const content of contents) {
        assert.equal(Buffer.compare(await blobs.readAll(sha256(content)), content), 0)
      }
      assert.equal((await blobs.summary()).inPieces, 1)
      assert.equal((await blobs.rebuildIndex()).found, 0)
    })
  })

  describe('what is acknowledged before its pack is flushed', () => {
    const many = Array.from({ length: 20 }, (_, i) => Buffer.from(`small ${i}`))

    it('comes back when a crash of the machine takes the pack', async () => {
      const store = await open()
      // As if the machine stopped before the first flush: nothing is ever told to be durable.
      store.objects.flush = async () => []
      await Promise.all(many.map((content) => store.blobs.put(content)))
      const { object } = await placeOf(store, sha256(many[0] ?? Buffer.alloc(0)))
      const path = store.objects.localPath(object ?? '') ?? ''
      chmodSync(path, 0o644)
      writeFileSync(path, '')
      const again = await openStore({
        directory: store.directory,
        tables: store.tables,
        keep: true,
      })
      for (const content of many) {
        const read = await again.blobs.readAll(sha256(content))
        assert.equal(Buffer.compare(read, content), 0)
      }
      assert.deepEqual(await redoRows(again), [])
      await again.close()
    })

    it('is in the pack alone once that is flushed', async () => {
      const store = await open()
      await Promise.all(many.map((content) => store.blobs.put(content)))
      await store.blobs.close()
      assert.deepEqual(await redoRows(store), [])
      const again = await openStore({
        directory: store.directory,
        tables: store.tables,
        keep: true,
      })
      for (const content of many) {
        const read = await again.blobs.readAll(sha256(content))
        assert.equal(Buffer.compare(read, content), 0)
      }
      await again.close()
    })
  })

  describe('collecting', () => {
    it('says what would go, puts it into quarantine, and deletes it later', async () => {
      const store = await open()
      const { blobs } = store
      const kept = await blobs.put(Buffer.from('kept'))
      const gone = await blobs.put(randomBytes(300_000))
      store.pass(2 * hour)
      const before = Date.now() + hour
      const later = { quarantinedSince: before }
      const dry = await blobs.collect(each(kept.sha256), policy(before, { ...later, dryRun: true }))
      assert.deepEqual(dry.kept, { blobs: 1, sizeBytes: 4 })
      assert.deepEqual(dry.quarantined, { blobs: 1, sizeBytes: 300_000 })
      assert.deepEqual(dry.largest, [{ sha256: gone.sha256, sizeBytes: 300_000 }])
      assert.equal((await blobs.summary()).quarantined.blobs, 0)
      await blobs.collect(each(kept.sha256), policy(before, later))
      assert.equal((await blobs.summary()).quarantined.blobs, 1)
      assert.equal(await blobs.has(gone.sha256), true)
      const forgotten: string[] = []
      const report = await blobs.collect(
        each(kept.sha256),
        policy(before, {
          quarantinedSince: Date.now() + 2 * hour,
          forget: async (_tx, digests) => void forgotten.push(...digests),
        }),
      )
      assert.deepEqual(report.deleted, { blobs: 1, sizeBytes: 300_000 })
      assert.deepEqual(forgotten, [gone.sha256])
      assert.equal(await blobs.has(gone.sha256), false)
      assert.equal(await blobs.has(kept.sha256), true)
      store.pass(hour)
      await blobs.collect(each(kept.sha256), policy(Date.now() + 3 * hour))
      assert.equal((await blobs.summary()).files, 0)
    })

    it('lets what is named again, or put again, out of quarantine', async () => {
      const store = await open()
      const { blobs } = store
      const named = await blobs.put(Buffer.from('is named again'))
      const again = await blobs.put(Buffer.from('is put again'))
      store.pass(2 * hour)
      const before = Date.now() + hour
      const later = { quarantinedSince: before }
      await blobs.collect(each(), policy(before, later))
      assert.equal((await blobs.summary()).quarantined.blobs, 2)
      await blobs.put(Buffer.from('is put again'))
      const report = await blobs.collect(
        each(named.sha256),
        policy(before, { quarantinedSince: Date.now() + 3 * hour }),
      )
      assert.equal(report.rescued.blobs, 1)
      assert.equal(report.deleted.blobs, 0)
      assert.ok((await blobs.has(named.sha256)) && (await blobs.has(again.sha256)))
    })

    it('never takes what is put while it runs', async () => {
      const store = await open()
      const { blobs } = store
      const contents = Array.from({ length: 400 }, (_, i) => Buffer.from(`raced for ${i}`))
      for (let round = 0; round < 4; round++) {
        await Promise.all(contents.map((content) => blobs.put(content)))
        store.pass(2 * hour)
        const before = Date.now() + (2 * round + 1) * hour
        const puts = contents.filter((_, i) => i % 2 === round % 2)
        const [, ...stats] = await Promise.all([
          blobs.collect(each(), policy(before, { quarantinedSince: Infinity })),
          ...puts.map((content) => blobs.put(content)),
        ])
        for (const stat of stats) {
          assert.equal(sha256(await blobs.readAll(stat.sha256)), stat.sha256)
        }
      }
    })

    it('moves what is left of a pack that is mostly empty', async () => {
      const store = await open()
      const { blobs } = store
      const contents = Array.from({ length: 50 }, () => randomBytes(10_000))
      await Promise.all(contents.map((content) => blobs.put(content)))
      const left = contents.slice(0, 3).map(sha256)
      const { object } = await placeOf(store, left[0]!)
      // As after ten minutes: what comes next goes into another pack.
      await store.objects.close()
      for (let round = 0; round < 3; round++) {
        store.pass(2 * hour)
        const before = Date.now() + (2 * round + 1) * hour
        await blobs.collect(each(...left), policy(before, { quarantinedSince: Infinity }))
      }
      for (const [i, digest] of left.entries()) {
        assert.equal(Buffer.compare(await blobs.readAll(digest), contents[i]!), 0)
      }
      assert.equal(await store.objects.sizeOf(object ?? ''), undefined)
      assert.ok((await blobs.summary()).storedBytes < 100_000)
    })

    it('removes files that no row names', async () => {
      const store = await open()
      const { path } = store.objects.spool()
      writeFileSync(path, 'left by a crash')
      await store.objects.keepFile('files/ab/left.0', path)
      await store.blobs.collect(each(), policy(Date.now() - hour))
      assert.equal(await store.objects.sizeOf('files/ab/left.0'), 15)
      const report = await store.blobs.collect(each(), policy(Date.now() + hour))
      assert.deepEqual(report.removedObjects, { blobs: 1, sizeBytes: 15 })
      assert.equal(await store.objects.sizeOf('files/ab/left.0'), undefined)
    })
  })

  describe('scrubbing', () => {
    const all = { uncheckedSince: Infinity, mostBytes: Infinity }
    const once = () => ({ uncheckedSince: Date.now() + hour, mostBytes: 1e12 })

    it('finds a flipped bit, serves the blob to nobody, and takes it when it is sent again', async () => {
      const store = await open()
      const { blobs } = store
      const contents = [Buffer.from('a small one'), randomBytes(700_000), randomBytes(2_000_000)]
      const digests = contents.map(sha256)
      for (const content of contents) await blobs.put(content)
      const sound = await blobs.put(Buffer.from('sound'))
      for (const digest of digests) await flip(store, digest, 5)
      store.pass(2 * hour)
      const report = await blobs.scrub(once())
      assert.deepEqual(new Set(report.damaged), new Set(digests))
      assert.equal(report.checked.blobs, 4)
      assert.equal((await blobs.summary()).damaged.blobs, 3)
      for (const [i, digest] of digests.entries()) {
        assert.equal(await blobs.has(digest), false)
        await assert.rejects(
          blobs.readAll(digest),
          (thrown) => thrown instanceof GyreError && /damaged/.test(thrown.public),
        )
        await blobs.put(contents[i]!)
        assert.equal(Buffer.compare(await blobs.readAll(digest), contents[i]!), 0)
      }
      assert.equal(String(await blobs.readAll(sound.sha256)), 'sound')
      assert.equal((await blobs.summary()).damaged.blobs, 0)
    })

    it('notices a damaged small blob when it is read', async () => {
      const store = await open()
      const { sha256: digest } = await store.blobs.put(Buffer.from('read before it is scrubbed'))
      await flip(store, digest, 0)
      await assert.rejects(store.blobs.readAll(digest), /damaged/)
      await store.blobs.put(Buffer.from('read before it is scrubbed'))
      assert.equal(String(await store.blobs.readAll(digest)), 'read before it is scrubbed')
    })

    it('puts damage right from the second copy', async () => {
      const below = await mkdtemp(join(tmpdir(), 'gyre-copy-'))
      const copy = await openFsObjects(join(below, 'copy'))
      const store = await open(copy)
      const { blobs } = store
      const contents = [Buffer.from('small'), randomBytes(900_000), randomBytes(3_000_000)]
      contents.push(Buffer.concat([contents[2]!, Buffer.from('in pieces')]))
      for (const content of contents) await blobs.put(content)
      assert.ok(((await blobs.summary()).notCopiedBytes ?? 0) > 0)
      store.pass(2 * hour)
      while ((await blobs.copy({ mostBytes: 1_000_000 })) > 0);
      assert.equal((await blobs.summary()).notCopiedBytes, 0)
      await flip(store, sha256(contents[0]!), 2)
      await flip(store, sha256(contents[1]!), 2)
      await flip(store, sha256(contents[2]!), 100_000)
      const report = await blobs.scrub(once())
      assert.deepEqual(report.damaged, [])
      assert.deepEqual(new Set(report.repaired), new Set(contents.map(sha256)))
      for (const content of contents) {
        assert.equal(Buffer.compare(await blobs.readAll(sha256(content)), content), 0)
      }
      await rm(below, { recursive: true })
    })

    it('stops where it was told to, and goes on with the next', async () => {
      const store = await open()
      const { blobs } = store
      for (let i = 0; i < 10; i++) await blobs.put(randomBytes(100_000))
      store.pass(hour)
      const before = Date.now() + hour / 2
      const first = await blobs.scrub({ uncheckedSince: before, mostBytes: 250_000 })
      assert.equal(first.checked.blobs, 3)
      const second = await blobs.scrub({ uncheckedSince: before, mostBytes: all.mostBytes })
      assert.equal(second.checked.blobs, 7)
      const third = await blobs.scrub({ uncheckedSince: before, mostBytes: all.mostBytes })
      assert.equal(third.checked.blobs, 0)
    })
  })
}
