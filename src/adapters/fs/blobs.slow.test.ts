import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { GyreError } from '#kernel/errors'
import { runBlobsContract } from '#ports/blobs/blobs.contract'
import { openFsBlobs } from './blobs.ts'
import { fromSystemError } from '#ports/objects/system-errors'
import { ownIdentity } from './process-identity.ts'

const root = await mkdtemp(join(tmpdir(), 'gyre-blobs-'))
after(() => rm(root, { recursive: true }))
const fresh = () => mkdtemp(join(root, 'store-'))

runBlobsContract('a file system', async () => openFsBlobs(await fresh()))

test('what crashed writers left is removed, what is being written stays', async () => {
  const directory = await fresh()
  await openFsBlobs(directory)
  const incoming = join(directory, 'incoming')
  const self = await ownIdentity()
  const mine = `${self.pid}_${self.startedAt}_77`
  const left = [`${self.pid}_an-earlier-boot_1`, '999999999_x_1', 'anything']
  for (const name of [mine, ...left]) await writeFile(join(incoming, name), 'half')
  const blobs = await openFsBlobs(directory)
  assert.deepEqual(await readdir(incoming), [mine])
  await blobs.put(Buffer.from('whole'))
  assert.deepEqual(await readdir(incoming), [mine])
})

test('nothing is left behind by puts that failed', async () => {
  const directory = await fresh()
  const blobs = await openFsBlobs(directory)
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(3_000_000)
    throw new Error('gone')
  }
  await assert.rejects(blobs.put(failing()))
  await assert.rejects(blobs.put(Buffer.from('x'), { expect: { sizeBytes: 2 } }))
  assert.deepEqual(await readdir(join(directory, 'incoming')), [])
})

test('blobs are read-only files, and survive opening again', async () => {
  const directory = await fresh()
  const blobs = await openFsBlobs(directory)
  const { sha256 } = await blobs.put(Buffer.from('content'))
  const { mode } = await stat(await blobs.localPath(sha256))
  assert.equal(mode & 0o777, 0o444)
  const again = await openFsBlobs(directory)
  assert.equal(String(await again.readAll(sha256)), 'content')
})

test('an md5 that a copy lost is computed again', async () => {
  const directory = await fresh()
  const blobs = await openFsBlobs(directory)
  const put = await blobs.put(Buffer.from('content'))
  const link = `${await blobs.localPath(put.sha256)}.md5`
  await rm(link)
  assert.deepEqual(await blobs.stat(put.sha256), put)
  assert.deepEqual(await blobs.stat(put.sha256), put)
})

test('two servers may share a directory', async () => {
  const directory = await fresh()
  const [one, other] = [await openFsBlobs(directory), await openFsBlobs(directory)]
  const { sha256 } = await one.put(Buffer.from('content'))
  assert.equal(await other.has(sha256), true)
})

test('a full disk is unavailable and says what to do', () => {
  let thrown: unknown
  try {
    writeFileSync('/dev/full', 'x')
  } catch (error) {
    thrown = fromSystemError(error)
  }
  assert.ok(thrown instanceof GyreError && thrown.code === 'unavailable')
  assert.match(thrown.public, /disk is full.*free some space/)
})

test('a place that cannot be written is unavailable', async () => {
  const file = join(root, 'a-file')
  await writeFile(file, '')
  await assert.rejects(
    openFsBlobs(join(file, 'store')),
    (thrown) => thrown instanceof GyreError && thrown.code === 'unavailable',
  )
})
