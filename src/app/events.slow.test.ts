import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { createClient, type ServerEvent } from '#client/client'
import { subject } from '#kernel/subjects'
import { asSystem } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { type OpenedServer, openServer } from './opened-server.contract.ts'

/** Reads events until `enough` of the wanted ones came. */
async function collect(
  events: AsyncGenerator<ServerEvent>,
  enough: number,
  wanted: (event: ServerEvent) => boolean = ({ type }) => type === 'record',
): Promise<ServerEvent[]> {
  const got: ServerEvent[] = []
  for await (const event of events) {
    if (wanted(event)) got.push(event)
    if (got.length >= enough) break
  }
  return got
}

function seqs(events: readonly ServerEvent[]): number[] {
  return events.flatMap((event) => (event.type === 'record' ? [event.record.seq] : []))
}

describe('live events', () => {
  let opened: OpenedServer
  before(async () => {
    opened = await openServer()
  })
  after(() => opened.close())

  async function write(count: number, project = 'default'): Promise<void> {
    for (let i = 0; i < count; i++) {
      await commit(asSystem(opened.server.platform, 'test'), async (change) => {
        change.record({ verb: 'project.noted', subject: subject('project', project), project })
      })
    }
  }

  it(
    'hands over every record once and in order, from a cursor on',
    { timeout: 20_000 },
    async () => {
      const client = opened.client()
      const { journalSeq } = await client.server.describe()
      await write(3)
      const events = client.events({ project: 'default', after: journalSeq })
      const reading = collect(events, 1200)
      await write(1197)
      const expected = Array.from({ length: 1200 }, (_, i) => journalSeq + 1 + i)
      assert.deepEqual(seqs(await reading), expected)
    },
  )

  it('goes on where a lost connection left it', { timeout: 20_000 }, async () => {
    // Every answer breaks off after some hundred bytes.
    let connections = 0
    const flaky: typeof fetch = async (input, init) => {
      const response = await fetch(input, init)
      if (!response.url.includes('/events')) return response
      connections++
      let left = 1500
      const cut = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          controller.enqueue(chunk.subarray(0, left))
          left -= chunk.length
          if (left <= 0) controller.error(new TypeError('the line broke'))
        },
      })
      return new Response(response.body?.pipeThrough(cut), response)
    }
    const client = createClient({ url: opened.url, fetch: flaky })
    const { journalSeq } = await client.server.describe()
    await write(10)
    const got = seqs(await collect(client.events({ after: journalSeq }), 10))
    assert.deepEqual(
      got,
      Array.from({ length: 10 }, (_, i) => journalSeq + 1 + i),
    )
    assert.ok(connections > 2, `${connections} connections`)
  })

  it('keeps projects apart', { timeout: 20_000 }, async () => {
    const client = opened.client()
    await client.access.createProject({ body: { name: 'other' } })
    const { journalSeq } = await client.server.describe()
    await write(2, 'other')
    await write(1, 'default')
    const got = seqs(await collect(client.events({ project: 'default', after: journalSeq }), 1))
    assert.deepEqual(got, [journalSeq + 3])
  })

  it('hints at telemetry', { timeout: 20_000 }, async () => {
    const events = opened.client().events()
    const reading = collect(events, 1, ({ type }) => type === 'pulse')
    const timer = setInterval(() => opened.server.platform.pulse('run:abc'), 20)
    assert.deepEqual(await reading, [{ type: 'pulse', topic: 'run:abc' }])
    clearInterval(timer)
  })

  it('resumes by Last-Event-ID before the parameter, and refuses what is no cursor', async () => {
    const url = `${opened.url}/api/v1/events`
    for (const bad of ['?after=-1', '?after=x', '?after=1&after=2', '?project=a&project=b']) {
      assert.equal((await fetch(url + bad)).status, 400, bad)
    }
    assert.equal((await fetch(`${url}?project=unheard-of`)).status, 404)
    const { journalSeq } = await opened.client().server.describe()
    const response = await fetch(`${url}?after=0`, {
      headers: { 'last-event-id': String(journalSeq - 1) },
    })
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
    const reader = response.body!.getReader()
    let text = ''
    while (!text.includes('event: record')) {
      text += new TextDecoder().decode((await reader.read()).value)
    }
    await reader.cancel()
    assert.match(text, new RegExp(`event: record\\nid: ${journalSeq}\\n`))
  })

  it('ends the stream when the reader goes, and when its signal aborts', async () => {
    const stop = new AbortController()
    const events = opened.client().events({ signal: stop.signal })
    await events.next()
    const end = events.next()
    stop.abort()
    assert.equal((await end).done, true)
  })

  it('is refused for good to who may not read it', async () => {
    const events = opened.client('gyre_wrong').events()
    await assert.rejects(events.next(), { code: 'unauthenticated' })
  })
})

describe('draining', () => {
  it('ends streams, finishes what is under way and gives the directory free', async () => {
    const opened = await openServer()
    const stream = await fetch(`${opened.url}/api/v1/events`)
    const readiness = opened.server.readiness
    assert.equal(readiness.state, 'ready')
    const closing = opened.server.close()
    assert.equal(readiness.state, 'draining')
    // Ends by itself, since the server lets its readers go.
    await stream.text()
    await closing
    await assert.rejects(fetch(`${opened.url}/health`))
    const again = await openServer({ data: opened.directory })
    await again.close()
  })

  it('does not wait for connections that were opened and never used', async () => {
    const opened = await openServer()
    const socket = connect(Number(new URL(opened.url).port), '127.0.0.1')
    await once(socket, 'connect')
    const closed = once(socket, 'close')
    await opened.close()
    await closed
  })

  it('says that a port is in use, and by what to help oneself', async () => {
    const opened = await openServer()
    const port = Number(new URL(opened.url).port)
    await assert.rejects(openServer({ port }), (error: Error) =>
      /Port \d+ on 127\.0\.0\.1 is in use.*--port/.test(error.message),
    )
    await opened.close()
  })
})
