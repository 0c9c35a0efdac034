import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it, type TestContext } from 'node:test'
import type { Client } from '#client/client'
import { GyreError } from '#kernel/errors'
import { found } from './activity.contract.ts'
import { runGyre, startServerProcess } from './server-process.contract.ts'

const project = 'default'
const skip = reasonToSkip()

describe('a disk without space', { skip }, () => {
  let disk: string
  before(async () => {
    disk = await mkdtemp(join(tmpdir(), 'gyre-full-'))
  })
  after(() => rm(disk, { recursive: true }))
  beforeEach(() => execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]))
  afterEach(() => execFileSync('umount', ['--lazy', disk]))

  it('refuses what does not fit, keeps what was there, and goes on when there is space', async (t) => {
    const data = join(disk, 'data')
    const reserve = fill(disk, 6_000_000)
    const server = await startServerProcess(t, { args: ['--data', data] })
    const client = server.client()
    const sha256 = await upload(client, 100_000)
    await client.data.declareDataset({ params: { project, dataset: 'd' }, body: {} })
    await refusedForSpace(fillWithBlobs(client))
    fill(disk, Infinity)
    await writeUntilRefused(t, client, sha256)
    assert.equal((await client.access.listProjects()).items.length > 0, true)
    assert.equal(await (await fetch(`${server.url}/health`)).text(), 'OK')
    rmSync(reserve)
    await upload(client, 50_000)
    for (const write of writes(client, sha256)) await write.ask('afterwards')
    assert.deepEqual(await readdir(join(data, 'blobs', 'incoming')), [])
    const ended = await server.end()
    assert.equal(ended.code, 0, `${ended.signal} ${ended.err}`)
    const doctor = await runGyre({ args: ['doctor', '--data', data, '--deep', '--json'] })
    const { findings } = JSON.parse(doctor.out) as { findings: { check: string; ok: boolean }[] }
    for (const { check, ok } of findings) assert.equal(ok, check !== 'disk', doctor.out)
  })

  it('lets no server start, and says why; with space it starts', async (t) => {
    const data = join(disk, 'new')
    const ballast = fill(disk, Infinity)
    const { code, err } = await runGyre({ args: ['serve', '--data', data, '--port', '0'] })
    assert.equal(code, 1)
    assert.match(err, /(disk|space).*free some space/i)
    assert.ok(err.includes(data), err)
    rmSync(ballast)
    const server = await startServerProcess(t, { args: ['--data', data] })
    const ended = await server.end()
    assert.equal(ended.code, 0, `${ended.signal} ${ended.err}`)
  })
})

/** Mounting takes root, and rights that containers may lack. */
function reasonToSkip(): string | false {
  const place = mkdtempSync(join(tmpdir(), 'gyre-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place], { stdio: 'ignore' })
    execFileSync('umount', [place])
    return false
  } catch {
    return 'A small file system can be mounted only by root.'
  } finally {
    rmSync(place, { recursive: true })
  }
}

/** Takes space, at most all that is left; gives the file to remove. */
function fill(disk: string, mostBytes: number): string {
  const path = join(disk, `ballast-${mostBytes}`)
  const file = openSync(path, 'w')
  let taken = 0
  for (const size of [1 << 20, 1 << 12, 1]) {
    try {
      while (taken + size < mostBytes) taken += writeSync(file, Buffer.alloc(size))
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOSPC') throw thrown
    }
  }
  closeSync(file)
  return path
}

async function upload(client: Client, sizeBytes: number): Promise<string> {
  const content = new Uint8Array(randomBytes(sizeBytes))
  const sha256 = createHash('sha256').update(content).digest('hex')
  await client.data.uploadBlob({ params: { project, sha256 }, body: content })
  return sha256
}

async function fillWithBlobs(client: Client): Promise<void> {
  for (;;) await upload(client, 3_000_000)
}

async function refusedForSpace(asked: Promise<unknown>): Promise<void> {
  await assert.rejects(asked, (thrown) => {
    assert.ok(thrown instanceof GyreError, String(thrown))
    assert.equal(thrown.code, 'unavailable', thrown.public)
    assert.match(thrown.public, /full.*free some space/)
    return true
  })
}

interface Write {
  what: string
  ask(name: string): Promise<unknown>
  isThere(name: string): Promise<boolean>
}

function writes(client: Client, sha256: string): Write[] {
  const content = { sha256, md5: '0'.repeat(32), sizeBytes: 100_000 }
  const params = { project }
  const dataset = { project, dataset: 'd' }
  return [
    {
      what: 'a run',
      ask: async (name) => {
        const { id: run } = await client.runs.createRun({ params, body: { experiment: 'e', name } })
        const metrics = Array.from({ length: 500 }, (_, step) => ({ key: name, value: step, step }))
        await client.runs.logToRun({ params: { project, run }, body: { metrics } })
        await client.runs.finishRun({ params: { project, run }, body: {} })
      },
      isThere: async (name) => {
        const body = { filter: `attributes.run_name = '${name}' and metrics.${name} = 499` }
        return (await client.runs.searchRuns({ params, body })).total > 0
      },
    },
    {
      what: 'a token',
      ask: (name) => {
        const grants = [{ project, role: 'viewer' as const }]
        return client.access.createToken({ body: { name, grants } })
      },
      isThere: async (name) =>
        (await client.access.listTokens()).items.some((token) => token.name === name),
    },
    {
      what: 'a data set',
      ask: (name) =>
        client.data.declareDataset({
          params: { project, dataset: name },
          body: { description: 'x'.repeat(9000) },
        }),
      isThere: async (name) =>
        (await found(client.data.getDataset({ params: { project, dataset: name } }))) !== undefined,
    },
    {
      what: 'a version',
      ask: async (name) => {
        const missing = { items: [sha256] }
        assert.deepEqual((await client.data.missingBlobs({ params, body: missing })).missing, [])
        const { md5 } = await client.data.uploadBlob({
          params: { project, sha256: await digestOfText(name) },
          body: new TextEncoder().encode(name),
        })
        const files = [
          { path: `${name}.txt`, md5, sha256: await digestOfText(name), sizeBytes: name.length },
        ]
        await client.data.commitVersion({ params: dataset, body: { files, message: name } })
        return content
      },
      isThere: async (name) =>
        (await client.data.listVersions({ params: dataset })).items.some(
          ({ message }) => message === name,
        ),
    },
  ]
}

async function digestOfText(text: string): Promise<string> {
  return createHash('sha256').update(text).digest('hex')
}

/** What SQLite had reserved may still be written; then each kind of write is refused, and not there. */
async function writeUntilRefused(t: TestContext, client: Client, sha256: string): Promise<void> {
  for (const { what, ask, isThere } of writes(client, sha256)) {
    let taken = 0
    for (;;) {
      const name = `n${what.length}x${taken}`
      try {
        await ask(name)
      } catch (thrown) {
        await refusedForSpace(Promise.reject(thrown as Error))
        assert.equal(await isThere(name), false, `${what} was refused, and is there`)
        break
      }
      assert.ok(await isThere(name), `${what} was acknowledged, and is not there`)
      taken++
    }
    t.diagnostic(`${what}: ${taken} were taken, then refused`)
  }
}
