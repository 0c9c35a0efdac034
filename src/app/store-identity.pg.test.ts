import assert from 'node:assert/strict'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { freshSchema } from '#adapters/sql/fresh-schema.contract'
import { asSystem } from '#domains/access/index'
import { uploadBlob } from '#domains/data/index'
import { openPlatform } from './platform.ts'
import { claimTables } from './store-identity.ts'

describe('tables in PostgreSQL and their data directory', () => {
  let base: string
  let schema: { url: string; drop(): Promise<void> }
  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'gyre-identity-'))
    schema = await freshSchema()
  })
  after(async () => {
    await schema.drop()
    await rm(base, { recursive: true, force: true })
  })

  const open = (name: string, databaseUrl = schema.url, shared = false) =>
    openPlatform({ dataDirectory: join(base, name), databaseUrl, shared })

  async function use(name: string): Promise<void> {
    const { platform, close } = await open(name)
    const content = new TextEncoder().encode('bytes of a version')
    const sha256 = platform.digest(content)
    await uploadBlob(asSystem(platform, 'test'), { project: 'p', sha256, content })
    await close()
  }

  it('lets only the directory in that came first, and copies of it', async () => {
    await use('first')
    await assert.rejects(open('second'), (error: { code?: string; public?: string }) => {
      assert.equal(error.code, 'conflict')
      assert.match(error.public ?? '', /belong to another data directory \(.*first on /)
      return true
    })
    await use('first')
    await cp(join(base, 'first'), join(base, 'moved'), { recursive: true })
    await use('moved')
  })

  it('refuses empty tables for a directory whose files other tables name', async () => {
    const empty = await freshSchema()
    try {
      await assert.rejects(open('first', empty.url), { code: 'conflict' })
    } finally {
      await empty.drop()
    }
  })

  it('gives empty tables to one of two that come at once', async () => {
    const contested = await freshSchema()
    try {
      const tries = await Promise.allSettled([open('a', contested.url), open('b', contested.url)])
      const opened = tries.filter((tried) => tried.status === 'fulfilled')
      assert.equal(opened.length, 1)
      for (const { value } of opened) await value.close()
    } finally {
      await contested.drop()
    }
  })

  it('takes several processes of one server that start together', async () => {
    const common = await freshSchema()
    const { platform, close } = await open('first-of-many', common.url, true)
    try {
      const path = join(base, 'many')
      await mkdir(join(path, 'blobs'), { recursive: true })
      await platform.tables.write(async (tx) => sql`delete from store_identity`.execute(tx))
      const place = { path, blobsPath: join(path, 'blobs') }
      await Promise.all([1, 2, 3].map(() => claimTables(platform.tables, place)))
    } finally {
      await close()
      await common.drop()
    }
  })
})
