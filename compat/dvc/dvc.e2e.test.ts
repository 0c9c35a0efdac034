import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServerProcess } from '../../src/app/faults/server-process.contract.ts'
import { type OpenedServer, openServer } from '../../src/app/opened-server.contract.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dvcPrograms, DvcRepository } from './dvc-repository.ts'

const skip = dvcPrograms === undefined ? 'no Python with dvc' : false

function files(count: number, word = 'file'): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`data/d${i % 3}/${word}-${i}.txt`, `${word} ${i}\n`]),
  )
}

describe('the unmodified dvc', { skip, concurrency: 2 }, () => {
  let opened: OpenedServer
  const repositories: DvcRepository[] = []
  before(async () => {
    opened = await openServer({ auth: 'tokens' })
  })
  after(async () => {
    for (const repository of repositories) await repository.remove()
    await opened.close()
  })

  async function repository(): Promise<DvcRepository> {
    const made = await DvcRepository.create()
    repositories.push(made)
    return made
  }

  /** A remote with the admin's token, by a header of its own or as a password. */
  async function connect(
    made: DvcRepository,
    repo: string,
    how: 'custom' | 'basic' | 'webdav',
    token = opened.server.adminToken ?? '',
  ): Promise<void> {
    const url = `${opened.url}/dvc/${repo}`
    const settings = {
      custom: { auth: 'custom', custom_auth_header: 'Authorization', password: `Bearer ${token}` },
      basic: { auth: 'basic', user: 'anyone', password: token },
      webdav: { token },
    }[how]
    await made.useRemote(how === 'webdav' ? url.replace('http', 'webdav') : url, settings)
  }

  for (const how of ['custom', 'basic', 'webdav'] as const) {
    it(`pushes, knows what is there, and pulls it elsewhere (${how})`, async () => {
      const made = await repository()
      await made.write({
        ...files(40),
        'data/empty': '',
        'data/ü ñ/日本.txt': 'unicode',
        single: 'one',
      })
      await made.dvc('add', '-q', 'data', 'single')
      await connect(made, `push-${how}`, how)
      assert.match(await made.dvc('push'), /44 files pushed/)
      await made.forget()
      await made.dvc('add', '-q', 'data', 'single')
      assert.match(await made.dvc('push'), /Everything is up to date/)
      assert.match(await made.dvc('status', '-c'), /in sync/)
      await made.forget('data', 'single')
      await made.dvc('pull')
      assert.equal(await made.read('data/ü ñ/日本.txt'), 'unicode')
      assert.equal(await made.read('single'), 'one')
      assert.match(await made.dvc('status'), /up to date/)
    })
  }

  it('finds a directory of which a part was pushed first whole after the rest', async () => {
    const made = await repository()
    await made.write({ 'data/part/a': 'a', 'data/part/b': 'b', 'data/rest': 'rest' })
    await made.dvc('add', '-q', 'data')
    await connect(made, 'partial', 'custom')
    await made.dvc('push', 'data/part')
    assert.match(await made.dvc('status', '-c'), /data\/rest/)
    assert.match(await made.dvc('push'), /files? pushed/)
    await made.forget('data')
    await made.dvc('pull')
    assert.equal(await made.read('data/rest'), 'rest')
  })

  it('collects garbage and keeps runs on a WebDAV remote', async () => {
    const made = await repository()
    await made.write({
      'data/a': 'first',
      'data/b': 'stays',
      'dvc.yaml': 'stages:\n  s:\n    cmd: cp data/a out\n    deps: [data/a]\n    outs: [out]\n',
    })
    await made.dvc('add', '-q', 'data')
    await made.dvc('repro', '-q')
    await connect(made, 'collected', 'webdav')
    await made.dvc('push', '-q', '--run-cache')
    await made.forget('out')
    await made.dvc('pull', '-q', '--run-cache')
    assert.match(await made.dvc('repro', '--force', '--pull').then(() => made.read('out')), /first/)
    await made.write({ 'data/a': 'second' })
    await made.dvc('add', '-q', 'data')
    await made.dvc('repro', '-q')
    await made.dvc('push', '-q')
    const digest = createHash('md5').update('first').digest('hex')
    const old = `${opened.url}/dvc/collected/files/md5/${digest.slice(0, 2)}/${digest.slice(2)}`
    const headers = { authorization: `Bearer ${opened.server.adminToken}` }
    const remotes = () =>
      opened
        .client(opened.server.adminToken)
        .remotes.listRemotes({ params: { project: 'collected' } })
    const before = (await remotes()).items[0]?.objects ?? 0
    await made.dvc('gc', '-w', '-c', '-f', '-r', 'gyre')
    const left = (await remotes()).items[0]?.objects ?? 0
    assert.ok(left < before && left > 0, `${before} objects, then ${left}`)
    // The project still knows the bytes by another row until its own garbage is collected.
    assert.ok([200, 404].includes((await fetch(old, { headers })).status))
    await made.forget('data', 'out')
    await made.dvc('pull')
    assert.equal(await made.read('data/a'), 'second')
  })

  it('pushes and pulls what DVC 2 named by the md5 of texts', async () => {
    const made = await repository()
    const content = 'one\r\ntwo\r\n'
    const id = createHash('md5').update('one\ntwo\n').digest('hex')
    await made.write({
      [`.dvc/cache/${id.slice(0, 2)}/${id.slice(2)}`]: content,
      'old.txt.dvc': `outs:\n- md5: ${id}\n  size: ${content.length}\n  path: old.txt\n`,
    })
    await connect(made, 'legacy', 'custom')
    assert.match(await made.dvc('push'), /1 file pushed/)
    await made.forget()
    await made.dvc('pull')
    assert.equal(await made.read('old.txt'), content)
  })

  it('shows wrong credentials as missing files, and the owner of the remote sees why', async () => {
    const made = await repository()
    await made.write({ 'data/a': 'a' })
    await made.dvc('add', '-q', 'data')
    await connect(made, 'locked', 'custom')
    await made.dvc('push', '-q')
    await made.forget('data')
    await connect(made, 'locked', 'custom', 'gyre_wrong')
    assert.match(await made.failing('pull'), /missing|failed|does not exist/i)
    const { items } = await opened
      .client(opened.server.adminToken)
      .remotes.listProblems({ params: { project: 'locked' } })
    assert.deepEqual(
      items.map(({ repo, kind }) => [repo, kind]),
      [['locked', 'unauthenticated']],
    )
    assert.match(items[0]?.client ?? '', /127\.0\.0\.1/)
    await connect(made, 'locked', 'custom')
    await made.dvc('pull')
    assert.equal(await made.read('data/a'), 'a')
  })

  it('pushes the same files four times at once', async () => {
    const crowd = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const made = await repository()
        await made.write(files(60, 'shared'))
        await connect(made, 'crowd', 'basic')
        await made.dvc('add', '-q', 'data')
        return made
      }),
    )
    await Promise.all(crowd.map((made) => made.dvc('push')))
    const [made] = crowd
    assert.match((await made?.dvc('status', '-c')) ?? '', /in sync/)
    await made?.forget('data')
    await made?.dvc('pull')
    assert.equal(await made?.read('data/d2/shared-59.txt'), 'shared 59\n')
  })
})

describe('a push that is interrupted', { skip }, () => {
  it('is finished by the next one, after either side was killed', async (test) => {
    const directory = await mkdtemp(join(tmpdir(), 'gyre-dvc-server-'))
    const made = await DvcRepository.create()
    try {
      await made.write(files(800, 'many'))
      await made.dvc('add', '-q', 'data')
      let server = await startServerProcess(test, { args: ['--data', directory] })
      await made.useRemote(`${server.url}/dvc/killed`)
      const child = spawn(join(dvcPrograms ?? '', 'dvc'), ['push', '-q'], { cwd: made.directory })
      const ended = once(child, 'close')
      const pushed = async () => {
        const answer = await fetch(`${server.url}/api/v1/projects/killed/remotes`)
        const { items } = (await answer.json()) as { items?: { objects: number }[] }
        return items?.[0]?.objects ?? 0
      }
      while ((await pushed()) < 200) await sleep(20)
      await server.end('SIGKILL')
      child.kill('SIGKILL')
      await ended
      server = await startServerProcess(test, { args: ['--data', directory] })
      await made.useRemote(`${server.url}/dvc/killed`)
      assert.ok((await pushed()) >= 200)
      await made.dvc('push')
      assert.equal(await pushed(), 801)
      await made.forget('data')
      await made.dvc('pull', '-q')
      assert.equal(await made.read('data/d1/many-799.txt'), 'many 799\n')
      await server.end()
    } finally {
      await made.remove()
      await rm(directory, { recursive: true, force: true })
    }
  })
})
