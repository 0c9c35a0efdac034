import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openServer } from '../../app/opened-server.contract.ts'
import { openStore, type StoreUnderTest } from '#adapters/blob-store/under-test.contract'
import { openSqlite } from '#adapters/sql/sqlite'
import { migrateTables } from '#adapters/sql/migrate'
import { GyreError } from '#kernel/errors'
import { runBlobsContract } from '#ports/blobs/blobs.contract'
import { runObjectsContract } from '#ports/objects/objects.contract'
import type { Objects } from '#ports/objects/objects'
import type { Tables } from '#ports/tables/tables'
import { openS3Objects } from './objects.ts'
import { credentials, type S3Server, skipS3, startS3Server } from './s3-server.contract.ts'

describe('a bucket', { skip: skipS3 }, () => {
  let server: S3Server
  let root: string
  let tables: Tables
  const opened: StoreUnderTest[] = []
  before(async () => {
    server = await startS3Server()
    root = await mkdtemp(join(tmpdir(), 'gyre-s3-'))
    tables = await openSqlite(join(root, 'gyre.db'))
    await migrateTables(tables)
  })
  after(async () => {
    for (const store of opened) await store.close()
    await tables.close()
    await server.close()
    await rm(root, { recursive: true })
  })

  const open = (): Promise<Objects> =>
    openS3Objects({ address: server.place(), credentials, spoolDirectory: join(root, 'spool') })

  runObjectsContract('S3', open)
  runBlobsContract('S3', async () => {
    const store = await openStore({ below: root, objects: await open(), tables })
    opened.push(store)
    return store.blobs
  })

  it('takes a file in parts', async () => {
    const store = await openStore({ below: root, objects: await open(), tables })
    opened.push(store)
    const content = randomBytes(70_000_000)
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < content.length; at += 1 << 20)
        yield content.subarray(at, at + (1 << 20))
    }
    const { sha256 } = await store.blobs.put(pieces())
    const hash = createHash('sha256')
    for await (const part of store.blobs.read(sha256)) hash.update(part)
    assert.equal(hash.digest('hex'), sha256)
  })

  it('says what is wrong when nobody answers', async () => {
    const address = { ...server.place(), endpoint: 'http://127.0.0.1:9' }
    await assert.rejects(
      openS3Objects({ address, credentials, spoolDirectory: join(root, 'spool') }),
      (thrown) => thrown instanceof GyreError && thrown.code === 'unavailable',
    )
  })

  it('holds the blobs of a server that is told to use it, with a second copy', async () => {
    const gyre = await openServer(
      { blobs: server.placeText(), blobsCopy: join(root, 'copy') },
      { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    )
    const content = new TextEncoder().encode('kept in a bucket')
    const sha256 = createHash('sha256').update(content).digest('hex')
    await gyre.client().data.uploadBlob({ params: { project: 'p', sha256 }, body: content })
    const { storedBytes, notCopiedBytes } = await gyre.client().store.describeStore()
    assert.equal(notCopiedBytes, storedBytes)
    const text = new TextDecoder().decode(await gyre.server.platform.blobs.readAll(sha256))
    assert.equal(text, 'kept in a bucket')
    await gyre.close()
  })
})
