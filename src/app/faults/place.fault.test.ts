import assert from 'node:assert/strict'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { type Ended, runGyre, startServerProcess } from './server-process.contract.ts'

/** Whose rights root takes on where root itself would be refused nothing. */
const nobody = 65_534

describe('a server that cannot start says what, where and what to do', () => {
  let directory: string
  /** A store that was served and closed in order. */
  let store: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-place-'))
    await chmod(directory, 0o755)
    store = join(directory, 'store')
    const atExit = { after: (end: () => void) => void process.once('exit', end) }
    const server = await startServerProcess(atExit, { args: ['--data', store] })
    assert.equal((await server.end()).code, 0)
    // Closed in order, a database is one file: who copies it has all of it.
    const files = await readdir(store)
    assert.ok(files.includes('gyre.db') && !files.includes('gyre.db-wal'), files.join())
  })
  after(() => rm(directory, { recursive: true }))

  it('where the port is in use, and leaves the store to others', async () => {
    const holder = createServer()
    const port = await listenAnywhere(holder)
    const data = join(directory, 'port')
    const ended = await serve(['--data', data, '--port', String(port)])
    refused(ended, [`Port ${port} on 127.0.0.1 is in use`, '--port'])
    holder.close()
    assert.deepEqual(await leftovers(data), [])
    const json = await runGyre({ args: ['serve', '--json', '--port', '99999', '--data', data] })
    assert.equal(json.code, 1)
    const told = JSON.parse(json.err) as { error: { code: string; message: string } }
    assert.equal(told.error.code, 'invalid')
    assert.match(told.error.message, /99999.*1 to 65535/)
  })

  it('where a newer version wrote the directory, and changes nothing in it', async () => {
    const data = join(directory, 'newer-format')
    await cp(store, data, { recursive: true })
    await writeFile(join(data, 'gyre-format'), '99\n')
    const before = await contents(data)
    refused(await serve(['--data', data]), [data, 'newer version', 'format 99'])
    assert.deepEqual(await contents(data), before)
  })

  it('where a newer version wrote the database', async () => {
    const data = join(directory, 'newer-database')
    await cp(store, data, { recursive: true })
    const database = new DatabaseSync(join(data, 'gyre.db'))
    database.exec(`insert into gyre_migrations values ('9999-from-the-future', 0)`)
    database.close()
    refused(await serve(['--data', data]), ['newer version', '9999-from-the-future', 'backup'])
    assert.deepEqual(await leftovers(data), [])
  })

  it('where another server has the directory, which goes on', async (t) => {
    const data = join(directory, 'locked')
    const first = await startServerProcess(t, { args: ['--data', data] })
    refused(await serve(['--data', data]), [data, `process ${first.pid}`, '--data'])
    refused(await serve(['--data', data, '--role', 'runner']), [data, `process ${first.pid}`])
    assert.equal((await first.client().server.describe()).name, 'gyre')
    await first.end('SIGKILL')
    const next = await startServerProcess(t, { args: ['--data', data] })
    assert.equal((await next.end()).code, 0)
  })

  it('where the directory may only be read', async () => {
    const isRoot = process.getuid?.() === 0
    const asUser = isRoot ? { uid: nobody } : {}
    const existing = join(directory, 'read-only')
    await cp(store, existing, { recursive: true })
    if (!isRoot) await chmod(existing, 0o555)
    const before = await contents(existing)
    const first = await serve(['--data', existing], asUser)
    refused(first, [existing, 'may not be written', 'mode'])
    assert.deepEqual(await contents(existing), before)
    const parent = join(directory, 'parent')
    await mkdir(parent, { mode: 0o555 })
    refused(await serve(['--data', join(parent, 'new')], asUser), [parent, 'may not be written'])
    if (!isRoot) await chmod(existing, 0o755)
  })

  it('where the directory is a file, or what is in it is no store', async () => {
    const file = join(directory, 'file')
    await writeFile(file, 'text')
    refused(await serve(['--data', file]), [file, 'a file, not a directory', '--data'])
    const damaged = join(directory, 'damaged')
    await cp(store, damaged, { recursive: true })
    await writeFile(join(damaged, 'gyre.db'), 'this is no database '.repeat(1000))
    refused(await serve(['--data', damaged]), ['not a SQLite database', 'backup'])
    assert.equal(await readFile(file, 'utf8'), 'text')
  })

  it('where others could reach it without saying who they are', async () => {
    const data = join(directory, 'open')
    refused(await serve(['--data', data, '--host', '0.0.0.0']), ['0.0.0.0', '--auth tokens'])
    await assert.rejects(stat(data), { code: 'ENOENT' })
  })

  it('where PostgreSQL does not answer', async () => {
    const holder = createServer()
    const port = await listenAnywhere(holder)
    holder.close()
    const secret = 'hunter2'
    const url = `postgres://gyre:${secret}@127.0.0.1:${port}/gyre`
    const ended = await serve(['--data', join(directory, 'no-postgres'), '--database-url', url])
    refused(ended, ['PostgreSQL', `127.0.0.1:${port}`])
    assert.doesNotMatch(ended.err + ended.out, new RegExp(secret))
  })
})

async function serve(args: readonly string[], user: { uid?: number } = {}): Promise<Ended> {
  const port = args.includes('--port') ? [] : ['--port', '0']
  return runGyre({ args: ['serve', ...port, ...args], environment: { GYRE_LOG: 'warn' }, ...user })
}

/** It ended with 1, and said these things in a line or two for people, without a stack. */
function refused(ended: Ended, says: readonly string[]): void {
  assert.equal(ended.code, 1, ended.err + ended.out)
  assert.equal(ended.out, '')
  for (const text of says) assert.ok(ended.err.includes(text), `${text} in: ${ended.err}`)
  assert.doesNotMatch(ended.err, /\n\s+at |Error:|node:internal/)
  assert.ok(ended.err.trim().split('\n').length <= 2, ended.err)
}

/** What a server leaves only while it lives: who holds the directory, and scratch files. */
async function leftovers(data: string): Promise<string[]> {
  const scratch = await readdir(join(data, 'scratch'))
  const holder = await stat(join(data, 'server.json')).then(
    () => ['server.json'],
    () => [],
  )
  return [...holder, ...scratch]
}

async function contents(data: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const name of (await readdir(data, { recursive: true })).sort()) {
    const path = join(data, name)
    if ((await stat(path)).isFile()) files[name] = (await readFile(path)).toString('base64')
  }
  return files
}

async function listenAnywhere(server: Server): Promise<number> {
  server.unref()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
