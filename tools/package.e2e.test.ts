import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'

const root = join(import.meta.dirname, '..')

/** What a user gets from `npm install --global gyre-x.y.z.tgz`, away from this checkout. */
describe('the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gyre-package-'))
  const prefix = join(folder, 'prefix')
  const gyre = join(prefix, 'bin/gyre')
  const empty = join(folder, 'empty')

  before(() => {
    mkdirSync(empty)
    execFileSync(process.execPath, ['tools/pack.js', '--silent', '--pack-destination', folder], {
      cwd: root,
    })
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? ''
    npm(['install', '--global', '--prefix', prefix, join(folder, tarball)])
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('holds neither TypeScript nor the sources of the page', () => {
    const files = readdirSync(join(prefix, 'lib/node_modules/gyre'), {
      recursive: true,
      encoding: 'utf8',
    })
    const own = files.filter((file) => !file.startsWith('node_modules/'))
    assert.deepEqual(
      own.filter((file) => /\.tsx?$|\.test\.|^(src|web|tools)\//.test(file)),
      [],
    )
    assert.equal(
      files.some((file) => /^node_modules\/(typescript|vite|react)\//.test(file)),
      false,
    )
    assert.ok(own.includes('LICENSE') && own.includes('dist/web/index.html'))
  })

  it(
    'serves the page and the API from an empty folder, and ends in order',
    { timeout: 60_000 },
    async () => {
      const port = await freePort()
      const args = ['serve', '--data', join(empty, 'data'), '--port', String(port)]
      const server = spawn(gyre, args, { cwd: empty, stdio: ['ignore', 'inherit', 'inherit'] })
      const url = `http://127.0.0.1:${port}`
      assert.equal(await healthOf(url), 'OK')
      assert.match(await (await fetch(url)).text(), /<div id="root">/)
      assert.equal((await fetch(`${url}/api/v1/openapi.json`)).status, 200)
      server.kill('SIGTERM')
      assert.deepEqual(await once(server, 'exit'), [0, null])
    },
  )

  it('goes up, and closes nothing but itself', { timeout: 60_000 }, async () => {
    const port = await freePort()
    const up = spawn(gyre, ['up', '--port', String(port)], { cwd: empty, stdio: 'ignore' })
    assert.equal(await healthOf(`http://127.0.0.1:${port}`), 'OK')
    up.kill('SIGTERM')
    assert.deepEqual(await once(up, 'exit'), [0, null])
  })

  it('tells the first weeks of the demo: data, training, gate, release, predictions', async () => {
    const weeks = ['--weeks', '5', '--traffic', '0.05']
    const args = ['demo', '--json', '--data', join(empty, 'demo'), '--port', '0', ...weeks]
    const demo = spawn(gyre, args, { cwd: empty, stdio: ['ignore', 'pipe', 'ignore'] })
    const report = JSON.parse(await text(demo.stdout)) as Record<string, unknown>
    const { commits, trainings, promotions, failedRequests, predictions, labels } = report
    assert.deepEqual(
      { commits, trainings, promotions, failedRequests },
      { commits: 5, trainings: 1, promotions: 1, failedRequests: 0 },
    )
    assert.ok(typeof predictions === 'number' && predictions > 1000)
    assert.equal(labels, predictions)
  })

  /** The settings that npm gave this test, its folder among them, are not a user's. */
  function npm(args: string[]): void {
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')),
    )
    execFileSync('npm', [...args, '--loglevel=error'], {
      cwd: empty,
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
})

async function healthOf(url: string): Promise<string> {
  for (;;) {
    const answer = await fetch(`${url}/health`).catch(() => undefined)
    if (answer?.ok === true) return (await answer.text()).trim()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
