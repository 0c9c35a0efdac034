import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { asSystem, type Context } from '#domains/access/index'
import { commitVersion, declareDataset, storeObject, uploadBlob } from '#domains/data/index'
import { openRemote } from '#domains/data/index'
import { type OpenedPlatform, openPlatform } from './platform.ts'

describe('what names blobs', () => {
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-names-'))
    opened = await openPlatform({ dataDirectory: directory })
    ctx = asSystem(opened.platform, 'test')
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  async function live(): Promise<Set<string>> {
    const all = new Set<string>()
    for await (const { sha256 } of ctx.blobNames.live()) all.add(sha256)
    return all
  }

  it('is declared for every column that speaks of a digest', async () => {
    assert.deepEqual(
      await ctx.blobNames.undeclared(),
      [],
      'Say in the blob-columns.ts of the room whether these name blobs: what is not known to name a blob is collected as garbage.',
    )
  })

  it('notices a column that nobody declared', async () => {
    await ctx.tables.write<unknown, void>(async (tx) => {
      await tx.schema.createTable('new_things').addColumn('picture_sha256', 'text').execute()
    })
    assert.deepEqual(await ctx.blobNames.undeclared(), ['new_things.picture_sha256'])
    await ctx.tables.write<unknown, void>(async (tx) => {
      await tx.schema.dropTable('new_things').execute()
    })
  })

  it('finds the files of versions and the objects of remotes, and who keeps them', async () => {
    const content = new TextEncoder().encode('a,b\n1,2\n')
    const stat = await uploadBlob(ctx, { project: 'p', sha256: ctx.digest(content), content })
    assert.equal((await live()).has(stat.sha256), false)
    const expectations: unknown = []
    const declared = { description: '', path: null, timestamp: null, knownAt: null, expectations }
    await declareDataset(ctx, { project: 'p', dataset: 'd', ...declared })
    const files = [{ path: 'x.csv', ...stat }]
    const version = await commitVersion(ctx, { project: 'p', dataset: 'd', files, message: '' })
    const remote = { repo: 'r', project: 'p' }
    await openRemote(ctx, remote)
    const { md5 } = stat
    const path = `files/md5/${md5.slice(0, 2)}/${md5.slice(2)}`
    await storeObject(ctx, { remote, path, content })
    const all = await live()
    assert.ok(all.has(stat.sha256) && all.has(version.digest))
    const keepers = await ctx.blobNames.keepers(stat.sha256)
    assert.deepEqual(
      keepers.map(({ words }) => words),
      ['version 1 of data set d in p', `${path} of the DVC remote r`],
    )
  })
})
