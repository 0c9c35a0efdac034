import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { postgresUrl } from '#adapters/sql/fresh-schema.contract'
import { asSystem } from '#domains/access/index'
import { uploadBlob } from '#domains/data/index'
import { commit, verifyChain } from '#domains/journal/index'
import { subject } from '#kernel/subjects'
import { examineStore } from './doctor.ts'
import { openPlatform } from './platform.ts'
import { backupStore, restoreStore } from './store-copy.ts'

describe('backup and restore of tables in PostgreSQL', () => {
  const names = ['from', 'to'].map((name) => `gyre_${name}_${randomUUID().replaceAll('-', '')}`)
  let base: string
  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'gyre-dump-'))
    for (const name of names) await administer(`create database ${name}`)
  })
  after(async () => {
    for (const name of names) await administer(`drop database ${name}`)
    await rm(base, { recursive: true, force: true })
  })

  async function administer(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: postgresUrl })
    await client.connect()
    try {
      await client.query(sql)
    } finally {
      await client.end()
    }
  }

  function urlOf(index: number): string {
    const url = new URL(postgresUrl ?? '')
    url.pathname = `/${names[index]}`
    return url.href
  }

  it('copies a store in use, and makes a store of the copy', async () => {
    const store = join(base, 'store')
    const opened = await openPlatform({ dataDirectory: store, databaseUrl: urlOf(0) })
    const ctx = asSystem(opened.platform, 'test')
    const content = new TextEncoder().encode('some bytes that matter')
    const sha256 = ctx.digest(content)
    await uploadBlob(ctx, { project: 'p', sha256, content })
    await commit(ctx, async (change) => {
      change.record({ verb: 'project.noted', subject: subject('project', 'ü→'), project: 'p' })
    })
    const backup = join(base, 'backup')
    await backupStore(store, backup, urlOf(0))
    assert.ok((await readdir(backup)).includes('tables.dump'))
    await assert.rejects(restoreStore(backup, join(base, 'x')), { code: 'invalid' })
    await assert.rejects(restoreStore(backup, join(base, 'x'), urlOf(0)), {
      code: 'already_exists',
    })
    await assert.rejects(readdir(join(base, 'x')), { code: 'ENOENT' })
    await opened.close()
    const restored = join(base, 'restored')
    await restoreStore(backup, restored, urlOf(1))
    const options = { dataDirectory: restored, databaseUrl: urlOf(1) }
    const findings = await examineStore({ ...options, journalOnly: false, deep: true })
    assert.ok(
      findings.every(({ ok }) => ok),
      JSON.stringify(findings),
    )
    const again = await openPlatform(options)
    assert.equal((await verifyChain(again.platform)).intact, true)
    const bytes = await again.platform.blobs.readAll(sha256)
    assert.equal(new TextDecoder().decode(bytes), 'some bytes that matter')
    await again.close()
  })

  it('says what is not there', async () => {
    await assert.rejects(backupStore(join(base, 'no'), join(base, 'y'), urlOf(0)), {
      code: 'not_found',
    })
    const nobody = urlOf(0).replace(names[0] ?? '', 'gyre_nobody')
    await assert.rejects(backupStore(join(base, 'restored'), join(base, 'y'), nobody), {
      code: 'unavailable',
    })
    await assert.rejects(readdir(join(base, 'y.partial')), { code: 'ENOENT' })
  })
})
