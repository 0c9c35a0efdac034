import assert from 'node:assert/strict'
import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { appendFile, chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { dvcManifest } from '#kernel/dvc-manifest'
import { storeManifest } from '../repository/store-object.ts'
import { addPaths } from './add-path.ts'
import { checkCache } from './check-cache.ts'
import { checkOutOutputs } from './check-out-outputs.ts'
import { collectGarbage } from './collect-garbage.ts'
import { diffRevisions } from './diff-revisions.ts'
import { historyOf } from './history-of.ts'
import { commitAll, newRepository, put, selected, work } from './repository.contract.ts'
import { statusOf } from './status-of.ts'

const files = { 'data/a': 'a', 'data/b': 'b', 'data/sub/c': 'c' }

test('changes of the user are never lost without being asked', async (t) => {
  const repository = await newRepository(t, files)
  const { root } = repository
  await addPaths(repository, [join(root, 'data')], work)
  await writeFile(join(root, 'data/a'), 'mine')
  await writeFile(join(root, 'data/new'), 'mine too')
  await rm(join(root, 'data/b'))
  const all = await selected(repository)
  await assert.rejects(
    checkOutOutputs(repository, all, { ...work, force: false }),
    /2 files have changes that are nowhere else, first data\/a.*--force/,
  )
  assert.equal(readFileSync(join(root, 'data/a'), 'utf8'), 'mine')
  assert.equal(existsSync(join(root, 'data/b')), false)
  const [done] = await checkOutOutputs(repository, all, { ...work, force: true })
  assert.deepEqual([done?.written, done?.removed], [2, 1])
  assert.equal(readFileSync(join(root, 'data/a'), 'utf8'), 'a')
  assert.deepEqual(await statesOf(repository), { data: 'unchanged' })
})

test('a part is checked out, and the rest is left alone', async (t) => {
  const repository = await newRepository(t, files)
  const { root } = repository
  await addPaths(repository, [join(root, 'data')], work)
  await writeFile(join(root, 'data/a'), 'mine')
  await rm(join(root, 'data/sub'), { recursive: true })
  await checkOutOutputs(repository, await selected(repository, 'data/sub'), {
    ...work,
    force: false,
  })
  assert.equal(readFileSync(join(root, 'data/sub/c'), 'utf8'), 'c')
  assert.equal(readFileSync(join(root, 'data/a'), 'utf8'), 'mine')
  const [status] = await statusOf(repository, await selected(repository), work)
  assert.deepEqual(status?.changes, [{ change: 'modified', path: 'a' }])
})

test('a file takes the place of a directory, and the other way round', async (t) => {
  const repository = await newRepository(t, files)
  const { root } = repository
  await addPaths(repository, [join(root, 'data')], work)
  const before = readFileSync(join(root, 'data.dvc'), 'utf8')
  await rm(join(root, 'data/sub'), { recursive: true })
  await writeFile(join(root, 'data/sub'), 'now a file')
  await rm(join(root, 'data/a'))
  await put(root, 'data/a/inside', 'now a directory')
  await addPaths(repository, [join(root, 'data')], work)
  const after = readFileSync(join(root, 'data.dvc'), 'utf8')
  for (const text of [before, after]) {
    await writeFile(join(root, 'data.dvc'), text)
    await checkOutOutputs(repository, await selected(repository), { ...work, force: false })
    assert.deepEqual(await statesOf(repository), { data: 'unchanged' })
  }
  assert.equal(readFileSync(join(root, 'data/a/inside'), 'utf8'), 'now a directory')
})

test('a manifest that leads out of its directory touches nothing', async (t) => {
  const repository = await newRepository(t, files)
  const { root, cache } = repository
  await addPaths(repository, [join(root, 'data')], work)
  const evil = await storeManifest(
    cache,
    dvcManifest([{ md5: '0cc175b9c0f1b6a831c399e269772661', path: '../../evil' }]),
    'md5',
  )
  const text = readFileSync(join(root, 'data.dvc'), 'utf8')
  await writeFile(join(root, 'data.dvc'), text.replace(/[0-9a-f]{32}\.dir/, evil))
  await assert.rejects(
    checkOutOutputs(repository, await selected(repository), { ...work, force: true }),
    /"..\/..\/evil", which is no path inside/,
  )
  assert.equal(existsSync(join(root, '..', 'evil')), false)
  assert.equal(readFileSync(join(root, 'data/a'), 'utf8'), 'a')
})

test('a .dvc file that leads out of the repository is refused', async (t) => {
  const repository = await newRepository(t, files)
  await put(
    repository.root,
    'evil.dvc',
    'outs:\n- md5: 0cc175b9c0f1b6a831c399e269772661\n  path: ../evil\n',
  )
  await assert.rejects(selected(repository), /evil.dvc tracks ..\/evil, which lies outside/)
})

test('an object that was changed behind our back is found, told and mended', async (t) => {
  const repository = await newRepository(t, files)
  const { root, cache } = repository
  await addPaths(repository, [join(root, 'data')], work)
  const object = cache.place('0cc175b9c0f1b6a831c399e269772661', 'md5')
  await chmod(object, 0o644)
  await appendFile(object, 'damage')
  await chmod(object, 0o444)
  await rename(join(root, 'data'), join(root, 'aside'))
  const all = await selected(repository)
  await assert.rejects(
    checkOutOutputs(repository, all, { ...work, force: false }),
    /An object in the cache is not what its name says, first that of data\/a/,
  )
  assert.equal(existsSync(join(root, 'data')), false)
  const found = await checkCache(repository, all, false, work)
  assert.deepEqual(
    found.bad.map(({ digest, repaired }) => [digest, repaired]),
    [['0cc175b9c0f1b6a831c399e269772661', false]],
  )
  await rename(join(root, 'aside'), join(root, 'data'))
  const mended = await checkCache(repository, all, true, work)
  assert.equal(mended.bad[0]?.repaired, true)
  assert.equal(readFileSync(object, 'utf8'), 'a')
})

test('an object that a killed process left half written is written anew', async (t) => {
  const repository = await newRepository(t, files)
  const { root, cache } = repository
  const object = cache.place('0cc175b9c0f1b6a831c399e269772661', 'md5')
  await mkdir(join(object, '..'), { recursive: true })
  await writeFile(object, '', { mode: 0o600 })
  await addPaths(repository, [join(root, 'data')], work)
  assert.equal(readFileSync(object, 'utf8'), 'a')
  assert.equal(lstatSync(object).mode & 0o777, 0o444)
})

test('garbage is what no commit needs, and only what can be known to be', async (t) => {
  const repository = await newRepository(t, files)
  const { root, cache, git } = repository
  assert.notEqual(git, undefined)
  await addPaths(repository, [join(root, 'data')], work)
  commitAll(repository, 'one')
  await writeFile(join(root, 'data/a'), 'never committed')
  await addPaths(repository, [join(root, 'data')], work)
  await writeFile(join(root, 'data/a'), 'two')
  await addPaths(repository, [join(root, 'data')], work)
  commitAll(repository, 'two')
  const request = {
    repository,
    scope: { allCommits: true },
    others: [],
    remote: undefined,
    remove: true,
    alone: false,
    ...work,
  }
  const dry = await collectGarbage({ ...request, remove: false })
  assert.deepEqual([dry.objects, dry.kept], [2, 6])
  assert.equal((await collectGarbage(request)).objects, 2)
  assert.equal((await collectGarbage(request)).objects, 0)
  assert.equal((await collectGarbage({ ...request, scope: {} })).objects, 2)
  assert.equal(cache.has('0cc175b9c0f1b6a831c399e269772661', 'md5'), false)
  await assert.rejects(
    collectGarbage(request),
    /manifest .* is not in the cache.*Nothing was removed/,
  )
  assert.deepEqual(await statesOf(repository), { data: 'unchanged' })
})

test('a cache that others may use is not swept alone', async (t) => {
  const other = await newRepository(t, { x: 'x' })
  const shared = join(other.root, 'shared')
  const repository = await newRepository(t, {
    ...files,
    '.dvc/config': `[cache]\n    dir = ${shared}\n`,
  })
  await put(other.root, '.dvc/config', `[cache]\n    dir = shared\n`)
  assert.equal(repository.cache.directory, shared)
  await addPaths(repository, [join(repository.root, 'data')], work)
  const request = {
    repository,
    scope: {},
    others: [],
    remote: undefined,
    remove: true,
    alone: false,
    ...work,
  }
  await assert.rejects(collectGarbage(request), /others may use it/)
  assert.equal((await collectGarbage({ ...request, others: [other.root] })).objects, 0)
})

test('history and differences come from Git', async (t) => {
  const repository = await newRepository(t, files)
  const { root } = repository
  await addPaths(repository, [join(root, 'data')], work)
  commitAll(repository, 'first')
  await rename(join(root, 'data/a'), join(root, 'data/renamed'))
  await writeFile(join(root, 'data/b'), 'changed')
  await addPaths(repository, [join(root, 'data')], work)
  commitAll(repository, 'second')
  const history = await historyOf(repository)
  assert.deepEqual(
    history.map(({ subject, outputs }) => [subject, outputs.map(({ path }) => path)]),
    [
      ['first', ['data']],
      ['second', ['data']],
    ],
  )
  const [diff] = await diffRevisions(repository, 'HEAD~1', 'HEAD', work)
  assert.deepEqual(diff?.files, [
    { change: 'modified', path: 'b' },
    { change: 'renamed', path: 'renamed', from: 'a' },
  ])
  assert.deepEqual(await diffRevisions(repository, 'HEAD', undefined, work), [])
  await assert.rejects(diffRevisions(repository, '--all', undefined, work), /no revision "--all"/)
})

test('links are made where the repository wants them', async (t) => {
  for (const type of ['hardlink', 'symlink']) {
    const repository = await newRepository(t, {
      ...files,
      'data/empty': '',
      '.dvc/config': `[cache]\n    type = ${type}\n`,
    })
    const { root, cache } = repository
    await addPaths(repository, [join(root, 'data')], work)
    const object = cache.place('0cc175b9c0f1b6a831c399e269772661', 'md5')
    const info = lstatSync(join(root, 'data/a'))
    if (type === 'symlink') assert.equal(info.isSymbolicLink(), true)
    else assert.equal(info.ino, lstatSync(object).ino)
    assert.deepEqual(await statesOf(repository), { data: 'unchanged' })
    await rm(join(root, 'data'), { recursive: true })
    await checkOutOutputs(repository, await selected(repository), { ...work, force: false })
    assert.deepEqual(await statesOf(repository), { data: 'unchanged' })
    assert.equal(readFileSync(join(root, 'data/sub/c'), 'utf8'), 'c')
  }
})

test('what cannot be tracked is refused before anything is done', async (t) => {
  const repository = await newRepository(t, { ...files, 'other/x': 'x' })
  const { root } = repository
  const add = (...paths: string[]) =>
    addPaths(
      repository,
      paths.map((path) => join(root, path)),
      work,
    )
  await assert.rejects(add('nothing'), /nothing at nothing to add/)
  await assert.rejects(add('..'), /is not inside the repository/)
  await symlink('other', join(root, 'link'))
  await assert.rejects(add('link'), /is a link to a directory/)
  await assert.rejects(add('link/x'), /is a link to a directory/)
  await symlink('nowhere', join(root, 'data/broken'))
  await assert.rejects(add('data'), /a link that leads nowhere/)
  await rm(join(root, 'data/broken'))
  await put(root, 'data/.dvcignore', '*.tmp')
  await assert.rejects(add('data'), /holds a .dvcignore/)
  await rm(join(root, 'data/.dvcignore'))
  await add('data/sub')
  await assert.rejects(add('data'), /data\/sub inside of it is tracked/)
  commitAll(repository, 'tracked by Git')
  await assert.rejects(add('other'), /other is tracked by Git already/)
  assert.equal(existsSync(join(root, 'other.dvc')), false)
})

async function statesOf(
  repository: Awaited<ReturnType<typeof newRepository>>,
): Promise<Record<string, string>> {
  const statuses = await statusOf(repository, await selected(repository), work)
  return Object.fromEntries(statuses.map(({ path, state }) => [path, state]))
}
