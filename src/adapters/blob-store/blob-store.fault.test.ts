import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, test } from 'node:test'
import { openStore } from './under-test.contract.ts'

const directory = await mkdtemp(join(tmpdir(), 'gyre-blobs-fault-'))
after(() => rm(directory, { recursive: true }))

/**
 * Puts blobs of many sizes, many at once, some of which share most of their bytes, and says each time
 * one was acknowledged. Meanwhile garbage is collected; all that was acknowledged is live.
 */
const program = `const { openStore } = await import(process.argv[1])
  const { createHash, randomBytes } = await import('node:crypto')
  const { blobs } = await openStore({ directory: process.argv[2] })
  async function* pieces(content) {
    for (let at = 0; at < content.length; at += 100_000) yield content.subarray(at, at + 100_000)
  }
  const large = createHash('shake256', { outputLength: 3_000_000 }).update('large').digest()
  const worker = async () => {
    for (let i = 0; ; i++) {
      const content = i % 5 === 0 ? Buffer.concat([large, randomBytes(40_000)])
        : randomBytes(i % 5 === 1 ? 200_000 : 5_000)
      const stat = await blobs.put(i % 2 === 0 ? pieces(content) : content)
      process.stdout.write(stat.sha256 + '\\n')
    }
  }
  const nothing = async function* () {}
  const collector = async () => {
    for (;;) {
      const since = Date.now() - 3_600_000
      await blobs.collect(nothing(), { untouchedSince: since, quarantinedSince: since,
        doomedSince: since, dryRun: false, forget: async () => {} })
    }
  }
  for (let i = 0; i < 8; i++) void worker()
  void collector()`

test('killed at any moment, all that is there is whole, and all acknowledged is there', async () => {
  const module = join(import.meta.dirname, 'under-test.contract.ts')
  const acknowledged = new Set<string>()
  for (let round = 0; round < 5; round++) {
    const argv = [
      '--conditions=gyre-source',
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '-e',
      program,
      module,
      directory,
    ]
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (bytes: Buffer) => (said += String(bytes)))
    const ended = new Promise((resolve) => child.once('close', resolve))
    while (said.length < 1500 && child.exitCode === null) await sleep(1)
    assert.equal(child.exitCode, null)
    await sleep(7 + 13 * round)
    child.kill('SIGKILL')
    await ended
    for (const line of said.split('\n').slice(0, -1)) acknowledged.add(line)

    const store = await openStore({ directory })
    const { blobs } = store
    assert.deepEqual(await readdir(join(directory, 'blobs', 'incoming')), [])
    const stored = new Set<string>()
    for await (const sha256 of blobs.list()) {
      const content = await blobs.readAll(sha256)
      assert.equal(createHash('sha256').update(content).digest('hex'), sha256)
      const stat = await blobs.stat(sha256)
      assert.equal(stat?.md5, createHash('md5').update(content).digest('hex'))
      stored.add(sha256)
    }
    for (const sha256 of acknowledged) assert.ok(stored.has(sha256), `blob ${sha256} is lost`)
    if (round > 0) assert.ok((await blobs.summary()).inPieces > 0)
    await store.close()
  }
  assert.ok(acknowledged.size > 50, `${acknowledged.size} blobs`)
})
