import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { appendFile, chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { dvcPrograms } from './dvc-repository.ts'
import {
  gyreAdd,
  gyreFetchImported,
  gyreImport,
  gyrePull,
  gyrePush,
  gyreStatus,
} from './gyre-data.ts'
import { type RealDvc, startDvc } from './real-dvc.ts'

const python = dvcPrograms === undefined ? undefined : join(dvcPrograms, 'python')
const scratch = await mkdtemp(join(tmpdir(), 'gyre-dvc-remote-'))
after(() => rm(scratch, { recursive: true, force: true }))
const skip = python === undefined ? 'no Python with dvc' : false

let count = 0

/** A repository with `data/` of five files and a remote of its own. */
async function newRepository(dvc: RealDvc): Promise<{ directory: string; remote: string }> {
  const directory = join(scratch, `repository-${++count}`)
  const remote = `${directory}-remote`
  await mkdir(join(directory, 'data', 'sub'), { recursive: true })
  execFileSync('git', ['init', '--quiet'], { cwd: directory })
  await dvc.perform({ operation: 'init', directory })
  await writeFile(
    join(directory, '.dvc', 'config'),
    `[core]\n    remote = r\n['remote "r"']\n    url = ${remote}\n`,
  )
  for (const name of ['a', 'b', 'sub/c', 'sub/é'])
    await writeFile(join(directory, 'data', name), name)
  await writeFile(join(directory, 'data', 'large'), Buffer.alloc(3 << 20, 5))
  return { directory, remote }
}

/** The same repository where nothing was ever fetched. */
async function clone(directory: string): Promise<string> {
  const copy = join(scratch, `clone-${++count}`)
  await cp(directory, copy, { recursive: true })
  await rm(join(copy, 'data'), { recursive: true })
  await rm(join(copy, '.dvc', 'cache'), { recursive: true })
  await rm(join(copy, '.dvc', 'tmp'), { recursive: true })
  return copy
}

function objectsIn(remote: string): string[] {
  return readdirSync(remote, { recursive: true, encoding: 'utf8' })
    .filter((path) => lstatSync(join(remote, path)).isFile())
    .sort()
}

test('what one of the two pushes, the other pulls', { skip }, async () => {
  const dvc = startDvc(python ?? '', scratch)
  try {
    const { directory, remote } = await newRepository(dvc)
    await gyreAdd(directory, ['data'])
    assert.equal((await gyrePush(directory)).objects, 6)
    assert.equal((await gyrePush(directory)).objects, 0)
    assert.equal(await dvc.perform({ operation: 'push', directory }), 0)
    const byDvc = await clone(directory)
    await dvc.perform({ operation: 'pull', directory: byDvc })
    assert.deepEqual(await gyreStatus(byDvc), {})

    await rm(remote, { recursive: true })
    await dvc.perform({ operation: 'push', directory })
    const byGyre = await clone(directory)
    await gyrePull(byGyre)
    assert.deepEqual(await dvc.perform({ operation: 'status', directory: byGyre }), {})
    assert.equal(readFileSync(join(byGyre, 'data', 'sub', 'é'), 'utf8'), 'sub/é')
  } finally {
    await dvc.close()
  }
})

test('a part is pushed without a manifest that promises the rest', { skip }, async () => {
  const dvc = startDvc(python ?? '', scratch)
  try {
    const { directory, remote } = await newRepository(dvc)
    await gyreAdd(directory, ['data'])
    assert.equal((await gyrePush(directory, ['data/sub'])).objects, 2)
    assert.deepEqual(
      objectsIn(remote).filter((path) => path.endsWith('.dir')),
      [],
    )
    assert.equal((await gyrePush(directory)).objects, 4)
    // And what dvc leaves behind when it pushes a part does not lead us astray.
    await rm(remote, { recursive: true })
    await rm(join(directory, '.dvc', 'tmp', 'gyre'), { recursive: true })
    await dvc.perform({ operation: 'push', directory, targets: ['data/sub'] })
    assert.equal(objectsIn(remote).length, 3)
    await gyrePush(directory)
    assert.equal(objectsIn(remote).length, 6)
    const copy = await clone(directory)
    await gyrePull(copy, ['data/sub'])
    assert.deepEqual(readdirSync(join(copy, 'data')), ['sub'])
    assert.equal(readdirSync(join(copy, '.dvc', 'cache'), { recursive: true }).length > 0, true)
  } finally {
    await dvc.close()
  }
})

test('what is not its name is neither sent nor taken', { skip }, async () => {
  const dvc = startDvc(python ?? '', scratch)
  try {
    const { directory, remote } = await newRepository(dvc)
    await gyreAdd(directory, ['data'])
    const object = join(directory, '.dvc', 'cache', 'files', 'md5', ...splitDigest('a'))
    await chmod(object, 0o644)
    await appendFile(object, 'damage')
    await assert.rejects(gyrePush(directory), /could not be sent .*fsck/s)
    assert.deepEqual(
      objectsIn(remote).filter((path) => path.endsWith('.dir')),
      [],
    )
    await writeFile(object, 'a')
    await gyrePush(directory)
    const stored = join(remote, 'files', 'md5', ...splitDigest('a'))
    await chmod(stored, 0o644)
    await writeFile(stored, 'b')
    const copy = await clone(directory)
    await assert.rejects(gyrePull(copy), /could not be had .*something else/s)
    await rm(stored)
    await assert.rejects(gyrePull(copy), /could not be had .*must push them/s)
    assert.equal(readdirSync(copy).includes('data'), false)
    assert.equal((await gyrePush(directory)).objects > 0, true)
    await gyrePull(copy)
    assert.deepEqual(await gyreStatus(copy), {})
  } finally {
    await dvc.close()
  }
})

function splitDigest(content: string): [string, string] {
  const digest = execFileSync('md5sum', { input: content }).toString().slice(0, 32)
  return [digest.slice(0, 2), digest.slice(2)]
}

test(
  'an import is the same bytes as dvc’s, and comes again when it is missing',
  { skip },
  async () => {
    const dvc = startDvc(python ?? '', scratch)
    try {
      const { directory: source } = await newRepository(dvc)
      await gyreAdd(source, ['data'])
      await gyrePush(source)
      await writeFile(join(source, 'plain.txt'), 'kept by Git')
      const git = (...args: string[]) => execFileSync('git', args, { cwd: source })
      git('add', '--all')
      git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '--message', 'one')
      git('tag', 'v1')
      for (const path of ['data', 'data/sub', 'data/a', 'plain.txt']) {
        const theirs = (await newRepository(dvc)).directory
        const ours = (await newRepository(dvc)).directory
        const request = { operation: 'import' as const, source, path, out: 'got', revision: 'v1' }
        await dvc.perform({ ...request, directory: theirs })
        await gyreImport(ours, { source, path, destination: join(ours, 'got'), revision: 'v1' })
        for (const file of ['got.dvc', '.gitignore']) {
          assert.equal(
            readFileSync(join(ours, file), 'utf8'),
            readFileSync(join(theirs, file), 'utf8'),
            `${file} of ${path}`,
          )
        }
        assert.deepEqual(await gyreStatus(theirs), {}, path)
        assert.deepEqual(await dvc.perform({ operation: 'status', directory: ours }), {}, path)
        await rm(join(ours, '.dvc', 'cache'), { recursive: true })
        await rm(join(ours, 'got'), { recursive: true })
        await gyreFetchImported(ours)
        assert.deepEqual(await gyreStatus(ours), {}, path)
      }
    } finally {
      await dvc.close()
    }
  },
)
