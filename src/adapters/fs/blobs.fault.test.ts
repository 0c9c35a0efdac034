import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, test } from 'node:test'
import { openFsBlobs } from './blobs.ts'

const directory = await mkdtemp(join(tmpdir(), 'gyre-blobs-fault-'))
after(() => rm(directory, { recursive: true }))

/** Puts blobs of many sizes, many at once, and says each time one was acknowledged. */
const program = `const { openFsBlobs } = await import(process.argv[1])
  const { randomBytes } = await import('node:crypto')
  const blobs = await openFsBlobs(process.argv[2])
  async function* pieces(content) {
    for (let at = 0; at < content.length; at += 100_000) yield content.subarray(at, at + 100_000)
  }
  const worker = async () => {
    for (let i = 0; ; i++) {
      const content = randomBytes(i % 4 === 0 ? 3_000_000 : 5_000)
      const stat = await blobs.put(i % 2 === 0 ? pieces(content) : content)
      process.stdout.write(stat.sha256 + '\\n')
    }
  }
  for (let i = 0; i < 8; i++) void worker()`

test('killed at any moment, all that is there is whole, and all acknowledged is there', async () => {
  const module = join(import.meta.dirname, 'blobs.ts')
  const acknowledged = new Set<string>()
  for (let round = 0; round < 5; round++) {
    const argv = [
      '--conditions=gyre-source',
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
    while (said.length < 1000) await sleep(1)
    await sleep(7 + 13 * round)
    child.kill('SIGKILL')
    await ended
    for (const line of said.split('\n').slice(0, -1)) acknowledged.add(line)

    const blobs = await openFsBlobs(directory)
    assert.deepEqual(await readdir(join(directory, 'incoming')), [])
    const stored = new Set<string>()
    for await (const sha256 of blobs.list()) {
      const content = await blobs.readAll(sha256)
      assert.equal(createHash('sha256').update(content).digest('hex'), sha256)
      const stat = await blobs.stat(sha256)
      assert.equal(stat?.md5, createHash('md5').update(content).digest('hex'))
      stored.add(sha256)
    }
    for (const sha256 of acknowledged) assert.ok(stored.has(sha256), `blob ${sha256} is lost`)
  }
  assert.ok(acknowledged.size > 50, `${acknowledged.size} blobs`)
})
