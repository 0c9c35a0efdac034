import assert from 'node:assert/strict'
import { request } from 'node:http'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { type OpenedServer, openServer } from './opened-server.contract.ts'

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** As fetch, but with any Host header. */
function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: options.method ?? 'GET', headers: options.headers },
      (got) => {
        let body = ''
        got.setEncoding('utf8')
        got.on('data', (chunk: string) => (body += chunk))
        got.on('end', () => resolve({ status: got.statusCode ?? 0, headers: got.headers, body }))
      },
    )
    sent.on('error', reject)
    sent.end(options.body)
  })
}

function errorOf({ body }: Answer): { code: string; message: string; requestId: string } {
  return (JSON.parse(body) as { error: { code: string; message: string; requestId: string } }).error
}

const json = { 'content-type': 'application/json' }

describe('the HTTP server', () => {
  let opened: OpenedServer
  let root: string
  before(async () => {
    opened = await openServer()
    root = `${opened.url}/api/v1`
  })
  after(() => opened.close())

  it('is healthy, and says what it is', async () => {
    assert.equal((await ask(`${opened.url}/health`)).body, 'OK')
    const { status, body } = await ask(`${root}/server`)
    assert.equal(status, 200)
    assert.equal((JSON.parse(body) as { name: string }).name, 'gyre')
  })

  it('answers what nobody mounted in its one error shape', async () => {
    const answer = await ask(`${root}/nothing`)
    assert.equal(answer.status, 404)
    assert.equal(errorOf(answer).code, 'not_found')
    assert.equal(errorOf(answer).requestId, answer.headers['x-request-id'])
  })

  it('sends headers that keep browsers from misusing it', async () => {
    const { headers } = await ask(`${root}/server`)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['x-frame-options'], 'DENY')
    assert.equal(headers['access-control-allow-origin'], undefined)
  })

  describe('against foreign pages', () => {
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:8700']) {
      it(`does not answer to the name ${JSON.stringify(host)}`, async () => {
        const answer = await ask(`${root}/server`, { headers: { host } })
        assert.equal(answer.status, 403)
        assert.equal(errorOf(answer).code, 'forbidden')
      })
    }
    for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1:8700', '[::1]:8700']) {
      it(`answers to the name ${host}`, async () => {
        assert.equal((await ask(`${root}/server`, { headers: { host } })).status, 200)
      })
    }
    const post = { method: 'POST', body: '{"name":"x"}' }
    for (const origin of [
      'https://evil.example',
      'null',
      'http://localhost:1',
      'http://127.0.0.1',
    ]) {
      it(`refuses a change asked for by a page of ${origin}`, async () => {
        const answer = await ask(`${root}/projects`, { ...post, headers: { ...json, origin } })
        assert.equal(answer.status, 403)
      })
    }
    it('refuses a change that a browser calls cross-site', async () => {
      const headers = { ...json, 'sec-fetch-site': 'cross-site' }
      assert.equal((await ask(`${root}/projects`, { ...post, headers })).status, 403)
    })
    it('refuses a form', async () => {
      const headers = { 'content-type': 'text/plain' }
      assert.equal((await ask(`${root}/projects`, { ...post, headers })).status, 400)
    })
    it('takes a change from its own page', async () => {
      const answer = await ask(`${root}/projects`, {
        method: 'POST',
        headers: { ...json, origin: opened.url },
        body: '{"name":"own-page"}',
      })
      assert.equal(answer.status, 200)
    })
  })

  describe('with bad bodies', () => {
    const bad: Record<string, { body: string | Buffer; status: number; says: RegExp }> = {
      'that is no JSON': { body: '{"name":', status: 400, says: /not valid JSON/ },
      'that is nested too deep': {
        body: `{"name":${'['.repeat(65)}${']'.repeat(65)}}`,
        status: 400,
        says: /nested 66 levels/,
      },
      'that is larger than the limit': {
        body: JSON.stringify({ name: 'x', description: 'y'.repeat(1_100_000) }),
        status: 413,
        says: /1,048,576 bytes/,
      },
      'that is no UTF-8': { body: Buffer.from([0x7b, 0xff, 0x7d]), status: 400, says: /UTF-8/ },
      'of the wrong type': { body: '{"name": 7}', status: 400, says: /body\.name/ },
      'with a member that is not known': {
        body: '{"name":"x","nmae":1}',
        status: 400,
        says: /nmae/,
      },
      'that is empty': { body: '', status: 400, says: /body\.name/ },
      'with a name that is a path': {
        body: '{"name":"../etc"}',
        status: 400,
        says: /not a valid project name/,
      },
    }
    for (const [what, { body, status, says }] of Object.entries(bad)) {
      it(`refuses one ${what}`, async () => {
        const answer = await ask(`${root}/projects`, { method: 'POST', headers: json, body })
        assert.equal(answer.status, status)
        assert.match(errorOf(answer).message, says)
      })
    }
    it('refuses one whose length is only announced, before it arrives', async () => {
      const answer = await ask(`${root}/projects`, {
        method: 'POST',
        headers: { ...json, 'content-length': '2000000' },
        body: Buffer.alloc(2_000_000, 32),
      })
      assert.equal(answer.status, 413)
    })
    it('stops reading one that is sent in chunks at the limit', async () => {
      const answer = await ask(`${root}/projects`, {
        method: 'POST',
        headers: { ...json, 'transfer-encoding': 'chunked' },
        body: Buffer.alloc(2_000_000, 32),
      })
      assert.equal(answer.status, 413)
    })
  })

  it('refuses query parameters that are not known or wrong', async () => {
    const unknown = await ask(`${root}/projects/default/journal?limt=1`)
    assert.equal(unknown.status, 400)
    assert.match(errorOf(unknown).message, /limt.*It takes:.*limit/)
    for (const query of [
      'limit=0',
      'limit=x',
      'limit=1e99',
      'limit=',
      'after=-1',
      'limit=1&limit=2',
    ]) {
      const answer = await ask(`${root}/projects/default/journal?${query}`)
      assert.equal(answer.status, 400, query)
    }
  })

  it('refuses addresses that are not right', async () => {
    for (const path of [
      '/projects/%00/journal',
      '/projects/%FF/journal',
      '/projects/a%2F..%2Fb/journal',
    ]) {
      const answer = await ask(root + path)
      assert.equal(answer.status, 400, path)
      assert.equal(errorOf(answer).code, 'invalid')
    }
    assert.equal((await ask(`${root}/projects/unheard-of/journal`)).status, 404)
    assert.equal((await ask(`${root}/projects/default/journal/999999`)).status, 404)
  })

  it('answers what is no HTTP, and headers that are too large', async () => {
    const port = Number(new URL(opened.url).port)
    const broken = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'))
      let text = ''
      socket.on('data', (chunk) => (text += String(chunk)))
      socket.on('close', () => resolve(text))
    })
    assert.match(broken, /^HTTP\/1\.1 400/)
    const large = await ask(`${root}/server`, { headers: { 'x-large': 'y'.repeat(20_000) } })
    assert.equal(large.status, 431)
  })

  it('exposes its metrics, with routes and never addresses', async () => {
    await ask(`${root}/projects/default/journal`)
    const { body, headers } = await ask(`${opened.url}/metrics`)
    assert.match(String(headers['content-type']), /^text\/plain/)
    assert.match(
      body,
      /gyre_http_request_duration_seconds_count\{method="GET",route="\/api\/v1\/projects\/:project\/journal",status="200"\} [1-9]/,
    )
    assert.match(body, /^gyre_journal_seq [1-9]/m)
    assert.match(body, /^process_resident_memory_bytes /m)
    assert.doesNotMatch(body, /unheard-of/)
  })
})
