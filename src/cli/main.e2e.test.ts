import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const entry = fileURLToPath(new URL('main.ts', import.meta.url))

interface Ended {
  code: number | null
  out: string
  err: string
}

interface Surroundings {
  directory: string
  environment?: Record<string, string>
}

function start(
  args: readonly string[],
  { directory, environment = {} }: Surroundings,
): ChildProcess {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env
  return spawn(process.execPath, ['--conditions=gyre-source', entry, ...args], {
    cwd: directory,
    env: { PATH, NODE_COMPILE_CACHE, HOME: directory, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function gyre(args: readonly string[], surroundings: Surroundings): Promise<Ended> {
  const child = start(args, surroundings)
  let [out, err] = ['', '']
  child.stdout?.on('data', (chunk) => (out += String(chunk)))
  child.stderr?.on('data', (chunk) => (err += String(chunk)))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

/** Starts a server and gives what it says of itself. */
async function serve(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<{ child: ChildProcess; url: string; adminToken?: string }> {
  const child = start(['serve', '--port', '0', '--json', ...args], surroundings)
  const lines = createInterface({ input: child.stdout! })
  const [line] = (await once(lines, 'line')) as [string]
  return { child, ...(JSON.parse(line) as { url: string; adminToken?: string }) }
}

async function stop(child: ChildProcess): Promise<number | null> {
  child.kill('SIGTERM')
  const [code] = (await once(child, 'close')) as [number | null]
  return code
}

describe('gyre', () => {
  let directory: string
  let server: { child: ChildProcess; url: string }
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-cli-'))
    server = await serve([], { directory })
  })
  after(async () => {
    await stop(server.child)
    await rm(directory, { recursive: true })
  })

  it('finds the server that runs in this directory', async () => {
    const { code, out } = await gyre(['why', 'project:default'], { directory })
    assert.equal(code, 0)
    assert.match(out, /Project default was created\./)
  })

  it('prints JSON, and errors as JSON', async () => {
    const fine = await gyre(['why', 'project:default', '--json'], { directory })
    assert.deepEqual((JSON.parse(fine.out) as { roots: number[] }).roots, [1])
    const wrong = await gyre(['why', 'nonsense', '--json'], { directory })
    assert.equal(wrong.code, 1)
    assert.equal(wrong.out, '')
    assert.equal((JSON.parse(wrong.err) as { error: { code: string } }).error.code, 'invalid')
  })

  it('exits with 1 when it failed and 2 when it was misused', async () => {
    const nothing = await gyre(['why', 'endpoint:unheard-of'], { directory })
    assert.equal(nothing.code, 1)
    assert.match(nothing.err, /knows nothing of/)
    for (const args of [
      ['unheard-of'],
      ['why'],
      ['why', 'a', 'b'],
      ['serve', '--port', 'x'],
      ['why', '--bogus'],
    ]) {
      const { code, err } = await gyre(args, { directory })
      assert.equal(code, 2, args.join(' '))
      assert.match(err, /error: /)
    }
    assert.equal((await gyre(['--help'], { directory })).code, 0)
    assert.equal((await gyre(['why', '--help'], { directory })).code, 0)
  })

  it('says what to do when no server answers', async () => {
    const { code, err } = await gyre(['why', 'project:default', '--url', 'http://127.0.0.1:9'], {
      directory,
    })
    assert.equal(code, 1)
    assert.match(
      err,
      /No server answers at http:\/\/127\.0\.0\.1:9 \(from --url\)\. Start one with: gyre up/,
    )
    const bad = await gyre(['why', 'project:default', '--url', 'localhost'], { directory })
    assert.match(bad.err, /--url is "localhost", which is no address/)
  })

  it('takes the project from gyre.yaml above', async () => {
    const other = await mkdtemp(join(directory, 'repository-'))
    await writeFile(join(other, 'gyre.yaml'), 'project: flights\n')
    const { err } = await gyre(['why', 'project:default'], { directory: other })
    assert.match(err, /There is no project "flights"/)
  })

  it('creates, lists and revokes tokens', async () => {
    const created = await gyre(['token', 'create', 'ci', '--role', 'default=viewer'], { directory })
    assert.match(created.out, /^gyre_[\w-]{43}\n$/)
    const used = await gyre(['why', 'project:default'], {
      directory,
      environment: { GYRE_TOKEN: created.out.trim() },
    })
    assert.equal(used.code, 0)
    const login = await gyre(['login', '--token', created.out.trim()], { directory })
    assert.match(login.out, /as token:ci/)
    const kept = join(directory, '.config', 'gyre', 'credentials.json')
    assert.equal((await stat(kept)).mode & 0o777, 0o600)
    await rm(kept)
    assert.equal((await gyre(['token', 'revoke', 'ci'], { directory })).code, 0)
    assert.match((await gyre(['token', 'list'], { directory })).out, /ci .*revoked/)
    const wrong = await gyre(['token', 'create', 'x', '--role', 'king'], { directory })
    assert.match(wrong.err, /There is no role "king"/)
  })

  it('refuses a port and a directory that are in use', async () => {
    const port = new URL(server.url).port
    const elsewhere = await mkdtemp(join(tmpdir(), 'gyre-cli-'))
    const taken = await gyre(['serve', '--port', port], { directory: elsewhere })
    assert.equal(taken.code, 1)
    assert.match(taken.err, new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is in use`))
    const locked = await gyre(['serve', '--port', '0'], { directory })
    assert.equal(locked.code, 1)
    assert.match(locked.err, new RegExp(`using it: process ${server.child.pid}`))
    await rm(elsewhere, { recursive: true })
  })

  it('refuses a directory that is a file', async () => {
    await writeFile(join(directory, 'a-file'), '')
    const { code, err } = await gyre(['serve', '--port', '0', '--data', 'a-file'], { directory })
    assert.equal(code, 1)
    assert.match(err, /Cannot open the data directory .*a-file/)
  })

  it('drains on SIGTERM and exits with 0', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'gyre-cli-'))
    const { child, url } = await serve([], { directory: elsewhere })
    const stream = await fetch(`${url}/api/v1/events`)
    const ended = stop(child)
    await stream.text()
    assert.equal(await ended, 0)
    await assert.rejects(readFile(join(elsewhere, '.gyre', 'server.json')))
    await rm(elsewhere, { recursive: true })
  })

  it('lets others in only with tokens, and prints the first one once', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'gyre-cli-'))
    const open = await gyre(['serve', '--port', '0', '--host', '0.0.0.0'], { directory: elsewhere })
    assert.equal(open.code, 1)
    assert.match(open.err, /--auth tokens/)
    const args = ['--host', '0.0.0.0', '--auth', 'tokens']
    const first = await serve(args, { directory: elsewhere })
    assert.match(first.adminToken ?? '', /^gyre_/)
    const refused = await gyre(['token', 'list'], { directory: elsewhere })
    assert.equal(refused.code, 1)
    assert.match(refused.err, /needs to know who asks/)
    const environment = { GYRE_TOKEN: first.adminToken ?? '' }
    assert.equal((await gyre(['token', 'list'], { directory: elsewhere, environment })).code, 0)
    assert.equal(await stop(first.child), 0)
    const second = await serve(args, { directory: elsewhere })
    assert.equal(second.adminToken, undefined)
    await stop(second.child)
    await rm(elsewhere, { recursive: true })
  })
})
