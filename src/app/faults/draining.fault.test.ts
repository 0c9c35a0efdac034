import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { type ServerProcess, startServerProcess } from './server-process.contract.ts'

describe('a server that is told to stop', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`on ${signal} finishes what is under way, takes no more, and ends with 0`, async (t) => {
      const data = await mkdtemp(join(tmpdir(), 'gyre-drain-'))
      const server = await startServerProcess(t, { args: ['--data', data] })
      const content = randomBytes(300_000)
      const sha256 = createHash('sha256').update(content).digest('hex')
      const upload = startUpload(server, sha256)
      upload.write(content.subarray(0, 150_000))
      const events = server.client().events()
      assert.equal((await events.next()).value?.type, 'open')
      const ended = server.end(signal)
      await untilClosed(server)
      upload.write(content.subarray(150_000))
      assert.equal(await upload.end(), 200)
      // The caller keeps its connection, idle, as proxies and scrapers do.
      const stopped = await Promise.race([ended, sleep(20_000)])
      assert.ok(stopped, 'an idle connection holds the server up')
      assert.equal(stopped.code, 0, stopped.err)
      upload.abandon()
      await events.return()

      const next = await startServerProcess(t, { args: ['--data', data] })
      const { missing } = await next.client().data.missingBlobs({
        params: { project: 'default' },
        body: { items: [sha256] },
      })
      assert.deepEqual(missing, [])
      assert.equal((await next.end()).code, 0)
      await rm(data, { recursive: true })
    })
  }

  it('ends at once when it is told a second time', async (t) => {
    const data = await mkdtemp(join(tmpdir(), 'gyre-drain-'))
    const server = await startServerProcess(t, { args: ['--data', data] })
    const upload = startUpload(server, '0'.repeat(64))
    upload.write(Buffer.alloc(1000))
    void server.end('SIGTERM')
    await untilClosed(server)
    const { code, signal } = await server.end('SIGTERM')
    assert.ok(code === 143 || signal === 'SIGTERM', `${code} ${signal}`)
    upload.abandon()
    await rm(data, { recursive: true })
  })
})

interface Upload {
  write(bytes: Uint8Array): void
  /** Sends the end; gives the status of the answer. */
  end(): Promise<number | undefined>
  /** Closes the connection. */
  abandon(): void
}

/** An upload that stands still until it is told to go on. */
function startUpload({ url }: ServerProcess, sha256: string): Upload {
  const agent = new Agent({ keepAlive: true })
  const path = `/api/v1/projects/default/blobs/${sha256}`
  const sent = request(url + path, { method: 'PUT', agent })
  const status = new Promise<number | undefined>((resolve, reject) => {
    sent.on('response', (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    sent.on('error', reject)
  })
  status.catch(() => undefined)
  return {
    write: (bytes) => void sent.write(bytes),
    end: () => {
      sent.end()
      return status
    },
    abandon: () => {
      sent.destroy()
      agent.destroy()
    },
  }
}

/** Waits until new callers are turned away. */
async function untilClosed({ url }: ServerProcess): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/ready`).catch(() => undefined)
    if (answer === undefined || answer.status === 503) return
    await sleep(10)
  }
}
