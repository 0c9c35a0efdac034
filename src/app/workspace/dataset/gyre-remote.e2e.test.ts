import assert from 'node:assert/strict'
import { appendFile, chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { type OpenedServer, openServer } from '../../opened-server.contract.ts'
import { Exchanger } from '../remotes/exchange.ts'
import { HttpRemote } from '../remotes/http-remote.ts'
import { type OpenedRemote, openRemote } from '../remotes/open-remote.ts'
import type { Remote } from '../remotes/remote.ts'
import { type DvcRepository, openRepository } from '../repository/dvc-repository.ts'
import { addPaths } from './add-path.ts'
import { checkOutOutputs } from './check-out-outputs.ts'
import { commitDataset } from './commit-dataset.ts'
import { fetchOutputs } from './fetch-outputs.ts'
import { importHistory } from './import-history.ts'
import { pushOutputs } from './push-outputs.ts'
import { commitAll, newRepository, put, selected, work } from './repository.contract.ts'
import { statusOf } from './status-of.ts'

let opened: OpenedServer
before(async () => {
  opened = await openServer({ auth: 'tokens' })
})
after(() => opened.close())

const token = (): string => opened.server.adminToken ?? ''

async function gyreRemote(t: TestContext, repo: string, secret = token()): Promise<OpenedRemote> {
  const { config } = await newRepository(t, {})
  const remote = await openRemote(config, {
    name: `${opened.url}/dvc/${repo}`,
    tokenFor: async () => secret,
    signal: work.signal,
  })
  t.after(() => remote.close())
  return remote
}

/** The same server as dvc sees it: an object per request. */
function plainRemote(t: TestContext, repo: string): Remote {
  const exchanger = new Exchanger({
    headers: { authorization: `Bearer ${token()}` },
    connections: 8,
    verifiesCertificates: true,
    idleMs: 60_000,
  })
  t.after(() => exchanger.close())
  const url = `${opened.url}/dvc/${repo}`
  return new HttpRemote(exchanger, url, url, 'POST')
}

const files = Object.fromEntries([
  ...Array.from({ length: 300 }, (_, i) => [`data/d${i % 7}/é${i}`, `content ${i}`]),
  ['data/empty', ''],
  ['data/large', 'x'.repeat(3_000_000)],
]) as Record<string, string>

/** The repository without what was ever fetched. */
async function cloneOf(t: TestContext, { root }: DvcRepository): Promise<DvcRepository> {
  const copy = await mkdtemp(join(tmpdir(), 'gyre-clone-'))
  t.after(() => rm(copy, { recursive: true, force: true }))
  await cp(join(root, 'data.dvc'), join(copy, 'data.dvc'))
  await cp(join(root, '.dvc', 'config'), join(copy, '.dvc', 'config'))
  return openRepository(copy, { HOME: copy })
}

for (const kind of ['many objects a request', 'an object a request'] as const) {
  test(`push and pull with ${kind}`, async (t) => {
    const repo = kind.replaceAll(' ', '-')
    const remote = kind.startsWith('many') ? await gyreRemote(t, repo) : plainRemote(t, repo)
    const repository = await newRepository(t, files)
    await addPaths(repository, [join(repository.root, 'data')], work)
    const all = await selected(repository)
    assert.equal((await pushOutputs(repository, all, remote, work)).objects, 303)
    assert.equal((await pushOutputs(repository, all, remote, work)).objects, 0)
    const copy = await cloneOf(t, repository)
    const outputs = await selected(copy)
    assert.equal((await fetchOutputs(copy, outputs, remote, work)).objects, 303)
    assert.equal((await fetchOutputs(copy, outputs, remote, work)).objects, 0)
    await checkOutOutputs(copy, outputs, { ...work, force: false })
    assert.equal((await statusOf(copy, outputs, work))[0]?.state, 'unchanged')
    assert.equal((await readFile(join(copy.root, 'data/large'))).length, 3_000_000)
    // A change costs what changed: the file and the manifest.
    await writeFile(join(repository.root, 'data/d0/new'), 'new')
    await addPaths(repository, [join(repository.root, 'data/d0/new')], work)
    const changed = await selected(repository)
    assert.equal((await pushOutputs(repository, changed, remote, work)).objects, 2)
  })
}

test('a part is fetched when all is there, and only that part', async (t) => {
  const remote = await gyreRemote(t, 'parts')
  const repository = await newRepository(t, files)
  await addPaths(repository, [join(repository.root, 'data')], work)
  await pushOutputs(repository, await selected(repository, 'data/d1'), remote, work)
  const copy = await cloneOf(t, repository)
  await assert.rejects(
    fetchOutputs(copy, await selected(copy), remote, work),
    /could not be had from/,
  )
  await pushOutputs(repository, await selected(repository), remote, work)
  const part = await selected(copy, 'data/d1')
  assert.equal((await fetchOutputs(copy, part, remote, work)).objects, 44)
})

test('an object that is not its name is refused, and the rest arrives', async (t) => {
  const remote = await gyreRemote(t, 'damage')
  const repository = await newRepository(t, files)
  await addPaths(repository, [join(repository.root, 'data')], work)
  const objects = [...repository.cache.list('md5')]
  const small = objects.find(({ digest, sizeBytes }) => sizeBytes < 20 && !digest.endsWith('.dir'))
  const damaged = repository.cache.place(small?.digest ?? '', 'md5')
  await chmod(damaged, 0o644)
  await appendFile(damaged, 'damage')
  const all = await selected(repository)
  await assert.rejects(pushOutputs(repository, all, remote, work), /An object could not be sent to/)
  const copy = await cloneOf(t, repository)
  await assert.rejects(fetchOutputs(copy, await selected(copy), remote, work), /could not be had/)
})

test('who may not is told so, and not that data is missing', async (t) => {
  await assert.rejects(gyreRemote(t, 'secret', 'wrong'), /answers 401.*GYRE_TOKEN/s)
})

test('a version is committed with many files in few requests', async (t) => {
  const client = opened.client(token())
  const params = { project: 'default', dataset: 'many' }
  await client.data.declareDataset({ params, body: {} })
  const repository = await newRepository(t, { ...files, 'data/t.csv': 'a,b\n1,2\n' })
  const version = await commitDataset({
    client,
    ...params,
    path: join(repository.root, 'data'),
    message: 'all of it',
    server: { url: opened.url, token: token() },
    ...work,
  })
  assert.deepEqual([version.version, version.files, version.rows], [1, 303, 1])
})

test('the history of a repository becomes versions, once', async (t) => {
  const repository = await newRepository(t, { 'data/t.csv': 'a\n1\n', 'one.csv': 'b\n1\n' })
  const { root } = repository
  await addPaths(repository, [join(root, 'data'), join(root, 'one.csv')], work)
  commitAll(repository, 'first')
  await put(root, 'data/u.csv', 'a\n2\n3\n')
  await addPaths(repository, [join(root, 'data')], work)
  commitAll(repository, 'second')
  await put(root, 'README', 'no data')
  commitAll(repository, 'third')
  const request = {
    client: opened.client(token()),
    project: 'default',
    server: { url: opened.url, token: token() },
    repository,
    remote: undefined,
    datasetOf: (path: string) => `history-${path.replace('.csv', '')}`,
    onVersion: () => undefined,
    ...work,
  }
  const versions = await importHistory(request)
  assert.deepEqual(
    versions.map(({ dataset, subject, version, state }) => [dataset, subject, version, state]),
    [
      ['history-data', 'first', 1, 'imported'],
      ['history-one', 'first', 1, 'imported'],
      ['history-data', 'second', 2, 'imported'],
    ],
  )
  const again = await importHistory(request)
  assert.deepEqual([...new Set(again.map(({ state }) => state))], ['known'])
  const params = { project: 'default', dataset: 'history-data', version: '2' }
  const version = await request.client.data.getVersion({ params })
  assert.deepEqual([version.author, version.message, version.rows], ['Ada', 'second', 3])
  assert.equal(version.gitCommit, versions[2]?.commit)
})
