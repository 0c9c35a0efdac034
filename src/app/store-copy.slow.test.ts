import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { subject } from '#kernel/subjects'
import { asSystem } from '#domains/access/index'
import { openRemote, storeObject } from '#domains/data/index'
import { commit, verifyChain } from '#domains/journal/index'
import { examineStore, type Finding, rebuildLineage } from './doctor.ts'
import { type OpenedPlatform, openPlatform } from './platform.ts'
import { backupStore, restoreStore } from './store-copy.ts'

describe('backup, restore and doctor', () => {
  let base: string
  let opened: OpenedPlatform
  let sha256: string
  const store = (): string => join(base, 'store')
  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'gyre-copy-'))
    opened = await openPlatform({ dataDirectory: store() })
    const ctx = asSystem(opened.platform, 'test')
    for (let i = 0; i < 20; i++) {
      await commit(ctx, async (change) => {
        change.record({
          verb: 'project.noted',
          subject: subject('project', 'p'),
          project: 'p',
          outputs: [subject('project', 'q')],
        })
      })
    }
    const content = new TextEncoder().encode('some bytes that matter')
    sha256 = ctx.digest(content)
    const remote = { repo: 'r', project: 'p' }
    await openRemote(ctx, remote)
    await storeObject(ctx, { remote, path: 'some/file', content })
    // Until its pack is flushed, what is broken there would be mended from the tables.
    await opened.close()
    opened = await openPlatform({ dataDirectory: store() })
    await writeFile(await opened.platform.telemetryPath('predictions/x.parquet'), 'telemetry')
  })
  after(async () => {
    await opened.close()
    await rm(base, { recursive: true, force: true })
  })

  function examine(dataDirectory: string, more = {}): Promise<Finding[]> {
    return examineStore({
      dataDirectory,
      databaseUrl: undefined,
      journalOnly: false,
      deep: true,
      ...more,
    })
  }

  it('finds a store in order while a server uses it', async () => {
    const findings = await examine(store())
    assert.deepEqual(findings.map(({ check }) => check).toSorted(), [
      'blobs',
      'disk',
      'journal',
      'migrations',
    ])
    assert.ok(
      findings.every(({ ok }) => ok),
      JSON.stringify(findings),
    )
    const only = await examine(store(), { journalOnly: true })
    assert.deepEqual(
      only.map(({ check }) => check),
      ['journal'],
    )
  })

  it('copies a store that is in use, and makes a store of the copy', async () => {
    const backup = join(base, 'backup')
    const writing = (async () => {
      for (let i = 0; i < 50; i++) {
        await commit(asSystem(opened.platform, 'test'), async (change) => {
          change.record({
            verb: 'project.noted',
            subject: subject('project', 'p'),
            project: 'p',
            outputs: [subject('project', 'q')],
          })
        })
      }
    })()
    const report = await backupStore(store(), backup)
    await writing
    assert.ok(report.files >= 4)
    const restored = join(base, 'restored')
    await restoreStore(backup, restored)
    assert.ok((await examine(restored)).every(({ ok }) => ok))
    const again = await openPlatform({ dataDirectory: restored })
    const chain = await verifyChain(again.platform)
    assert.ok(chain.intact && chain.records >= 20)
    const stat = await again.platform.blobs.stat(sha256)
    assert.deepEqual(stat, await opened.platform.blobs.stat(sha256))
    const bytes = await again.platform.blobs.readAll(sha256)
    assert.equal(new TextDecoder().decode(bytes), 'some bytes that matter')
    const sealed = opened.platform.secrets.seal('a signing key', 'webhook:1')
    assert.equal(again.platform.secrets.open(sealed, 'webhook:1'), 'a signing key')
    await again.close()
  })

  it('never writes over anything, and leaves nothing half-done', async () => {
    const there = join(base, 'there')
    await writeFile(there, '')
    await assert.rejects(backupStore(store(), there), { code: 'already_exists' })
    await assert.rejects(restoreStore(join(base, 'unheard-of'), join(base, 'x')), {
      code: 'not_found',
    })
    await assert.rejects(examine(join(base, 'unheard-of')), { code: 'not_found' })
  })

  it('derives the lineage anew, but not under a server', async () => {
    const copy = join(base, 'lineage')
    await backupStore(store(), copy)
    const database = new DatabaseSync(join(copy, 'gyre.db'))
    const count = () =>
      database.prepare('select count(*) as edges from journal_edges').get()?.['edges']
    const before = count()
    database.exec('delete from journal_edges')
    const options = { dataDirectory: copy, databaseUrl: undefined }
    assert.equal(await rebuildLineage(options), before)
    assert.equal(count(), before)
    database.close()
    const used = { dataDirectory: store(), databaseUrl: undefined }
    await assert.rejects(rebuildLineage(used), { code: 'conflict' })
  })

  it('names a missing blob, an altered one, and a broken record', async () => {
    const copy = join(base, 'broken')
    await backupStore(store(), copy)
    const [pack = ''] = await readdir(join(copy, 'blobs', 'packs'))
    const path = join(copy, 'blobs', 'packs', pack)
    const bytes = await readFile(path)
    bytes[bytes.length - 1]! ^= 1
    await chmod(path, 0o644)
    await writeFile(path, bytes)
    const altered = (await examine(copy)).find(({ check }) => check === 'blobs')
    assert.match(altered?.text ?? '', new RegExp(`${sha256} was altered`))
    const missing = (await examine(copy, { deep: false })).find(({ check }) => check === 'blobs')
    assert.match(missing?.text ?? '', new RegExp(`${sha256} is missing`))
    const database = new DatabaseSync(join(copy, 'gyre.db'))
    database.exec('delete from journal where seq = 7')
    database.close()
    const journal = (await examine(copy)).find(({ check }) => check === 'journal')
    assert.equal(journal?.ok, false)
    assert.match(journal?.text ?? '', /Record 7 is broken: it is missing/)
  })
})
