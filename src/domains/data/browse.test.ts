import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { subject } from '#kernel/subjects'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import {
  commitVersion,
  declareDataset,
  holdDataset,
  listFolder,
  listUses,
  profileFile,
  uploadBlob,
} from './index.ts'

describe('a look into a version', () => {
  const project = 'p'
  const at = { project, dataset: 'd', version: '1' }
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-browse-'))
    opened = await openPlatform({ dataDirectory: directory })
    ctx = asSystem(opened.platform, 'test')
    const declared = { description: '', path: null, timestamp: null, knownAt: null }
    await declareDataset(ctx, { project, dataset: 'd', ...declared, expectations: [] })
    const contents: Record<string, string> = {
      'a/x.csv': 'n,name\n1,one\n2,two\n,two\n',
      'a/y.csv': 'n,name\n50,three\n',
      'a.b/z.txt': 'text',
      'a/deep/er/ü.txt': 'deep',
      'broken.json': '{"no": ',
      'top.bin': '\u0000',
    }
    const files = await Promise.all(
      Object.entries(contents).map(async ([path, text]) => {
        const content = new TextEncoder().encode(text)
        const stat = await uploadBlob(ctx, { project, sha256: ctx.digest(content), content })
        return { path, ...stat }
      }),
    )
    await commitVersion(ctx, { project, dataset: 'd', files, message: '' })
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  const folder = async (path: string, limit = 100, pageToken?: string) =>
    listFolder(ctx, { ...at, folder: path, limit, pageToken })

  it('shows a folder, folders first, with what is below each', async () => {
    const root = await folder('')
    assert.deepEqual(
      root.items.map(({ path, isFolder, files }) => [path, isFolder, files]),
      [
        ['a', true, 3],
        ['a.b', true, 1],
        ['broken.json', false, 1],
        ['top.bin', false, 1],
      ],
    )
    assert.deepEqual([root.entries, root.files], [4, 6])
    const a = await folder('a')
    assert.deepEqual(
      a.items.map(({ path }) => path),
      ['a/deep', 'a/x.csv', 'a/y.csv'],
    )
    assert.equal((await folder('a/deep/er')).items[0]?.path, 'a/deep/er/ü.txt')
  })

  it('shows a large folder page by page', async () => {
    const first = await folder('', 3)
    const second = await folder('', 3, first.nextPageToken)
    assert.deepEqual([first.items.length, second.items.length], [3, 1])
    assert.equal(second.nextPageToken, undefined)
    await assert.rejects(folder('', 3, 'nonsense'), { code: 'invalid' })
  })

  it('refuses folders that are not there', async () => {
    for (const path of ['b', 'a/x', 'a/x.csv', '../a', 'a/']) {
      await assert.rejects(folder(path), { code: 'not_found' }, path)
    }
  })

  it('profiles one file with the edges of its version', async () => {
    const { rows, columns } = await profileFile(ctx, { ...at, path: 'a/x.csv' })
    assert.equal(rows, 3)
    const [n, name] = columns
    assert.deepEqual([n?.nulls, n?.minimum, n?.maximum, n?.distinct], [1, 1, 2, 2])
    assert.deepEqual(name?.top, [
      { value: 'two', count: 2 },
      { value: 'one', count: 1 },
    ])
    const other = await profileFile(ctx, { ...at, path: 'a/y.csv' })
    assert.deepEqual(other.columns[0]?.histogram?.edges, n?.histogram?.edges)
  })

  it('says which files have no columns', async () => {
    for (const path of ['top.bin', 'broken.json', 'a.b/z.txt']) {
      await assert.rejects(profileFile(ctx, { ...at, path }), { code: 'invalid' }, path)
    }
    await assert.rejects(profileFile(ctx, { ...at, path: 'absent.csv' }), { code: 'not_found' })
  })

  it('tells what a version is used for, and what holds it', async () => {
    const record = (verb: string, of: string, inputs: string[]) =>
      commit(ctx, async (change) => {
        change.record({ verb, subject: of as never, project, inputs: inputs as never })
      })
    await record('run.finished', 'run:r1', ['data:d@1'])
    await record('version.registered', 'model:m@1', ['run:r1'])
    await record('monitor.declared', 'monitor:w', ['data:d@1'])
    const held = await holdDataset(ctx, { project, dataset: 'd', version: null, reason: 'audit' })
    const { uses, holds, latest } = await listUses(ctx, { ...at, version: 'latest' })
    assert.deepEqual(
      uses.map(({ subject: name, distance, through }) => [name, distance, through]),
      [
        ['monitor:w', 1, 'data:d@1'],
        ['run:r1', 1, 'data:d@1'],
        ['model:m@1', 2, subject('run', 'r1')],
      ],
    )
    assert.deepEqual([holds[0]?.id, latest], [held.id, true])
    await assert.rejects(listUses(ctx, { ...at, version: '9' }), { code: 'not_found' })
  })
})
