import assert from 'node:assert/strict'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { type OpenedServer, openServer } from './opened-server.contract.ts'

const body = JSON.stringify({
  inputs: [{ name: 'input', shape: [1, 1], datatype: 'FP32', data: [1] }],
})

interface Told {
  status: number | undefined
  headers: IncomingHttpHeaders
  error: string
}

/** A prediction of an endpoint that is not there: whoever passes the door is told so. */
function ask(
  opened: OpenedServer,
  headers: Record<string, string> = {},
  path = '/v2/models/late/infer',
  agent?: Agent,
): Promise<Told> {
  return new Promise((resolve, reject) => {
    const call = request(
      new URL(path, opened.url),
      {
        method: 'POST',
        agent,
        headers: { 'x-gyre-project': 'flights', 'content-length': body.length, ...headers },
      },
      (answer) => {
        let text = ''
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
        answer.on('end', () => {
          const { error } = JSON.parse(text) as { error: string }
          resolve({ status: answer.statusCode, headers: answer.headers, error })
        })
      },
    )
    call.on('error', reject)
    call.end(body)
  })
}

describe('the lane of predictions', () => {
  let opened: OpenedServer
  let local: OpenedServer
  let admin: string
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  before(async () => {
    opened = await openServer({ auth: 'tokens' })
    local = await openServer()
    admin = opened.server.adminToken ?? ''
    for (const name of ['flights', 'secret']) {
      await opened.client(admin).access.createProject({ body: { name } })
    }
  })
  after(async () => {
    agent.destroy()
    await opened.close()
    await local.close()
  })

  const withToken = async (name: string, project: string): Promise<string> => {
    const grants = [{ project, role: 'viewer' as const }]
    const { secret } = await opened.client(admin).access.createToken({ body: { name, grants } })
    return secret
  }

  it('lets in who has the role in the project, and nobody else', async () => {
    const { status, headers } = await ask(opened)
    assert.equal(status, 401)
    assert.equal(headers['www-authenticate'], 'Bearer realm="gyre"')
    const own = await withToken('own', 'flights')
    const foreign = await withToken('foreign', 'secret')
    assert.equal((await ask(opened, { authorization: `Bearer ${own}` })).status, 404)
    assert.equal((await ask(opened, { authorization: `Bearer ${foreign}` })).status, 403)
    assert.equal((await ask(opened, { authorization: 'Bearer wrong' })).status, 401)
    assert.equal((await ask(opened, { authorization: 'nonsense' })).status, 401)
    const named = '/v2/models/secret:late/infer'
    assert.equal((await ask(opened, { authorization: `Bearer ${own}` }, named)).status, 403)
  })

  it('asks for each request who is there, on a connection that goes on', async () => {
    const token = await withToken('short-lived', 'flights')
    const headers = { authorization: `Bearer ${token}` }
    for (let i = 0; i < 3; i++) {
      assert.equal((await ask(opened, headers, undefined, agent)).status, 404)
    }
    const { items } = await opened.client(admin).access.listTokens()
    const id = items.find(({ name }) => name === 'short-lived')?.id ?? ''
    await opened.client(admin).access.revokeToken({ params: { token: id } })
    const { status, error } = await ask(opened, headers, undefined, agent)
    assert.equal(status, 401)
    assert.match(error, /revoked/)
  })

  it('refuses foreign names and foreign pages', async () => {
    assert.equal((await ask(local)).status, 404)
    const foreign = [
      { host: 'evil.example' },
      { origin: 'http://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
    ]
    for (const headers of foreign) {
      const { status, error } = await ask(local, headers as unknown as Record<string, string>)
      assert.equal(status, 403, error)
    }
    assert.equal((await ask(local, { origin: local.url })).status, 404)
  })

  it('answers with the headers of every answer, and is counted', async () => {
    const { headers } = await ask(local)
    const routed = await ask(local, { connection: 'close' })
    const names = (all: IncomingHttpHeaders) =>
      Object.keys(all)
        .filter((name) => name !== 'keep-alive')
        .toSorted()
    assert.deepEqual(names(headers), names(routed.headers))
    for (const name of ['content-type', 'x-frame-options', 'x-content-type-options']) {
      assert.equal(headers[name], routed.headers[name])
    }
    const metrics = await (await fetch(`${local.url}/metrics`)).text()
    assert.match(
      metrics,
      /http_request_duration_seconds_count\{method="POST",route="\/v2\/models\/:model\/infer",status="404"\} [1-9]/,
    )
  })

  it('says what is wrong with names and versions as the routes do', async () => {
    const wrong: [string, Record<string, string>][] = [
      ['/v2/models/late/infer', { 'x-gyre-project': 'NO/good' }],
      ['/v2/models/late/versions/x/infer', {}],
      ['/v2/models/late/versions/7/infer', {}],
      ['/v2/models/:/infer', {}],
      ['/v2/models/a:b:c/infer', {}],
    ]
    for (const [path, headers] of wrong) {
      const quick = await ask(local, headers, path)
      const routed = await ask(local, { ...headers, connection: 'close' }, path)
      assert.equal(quick.status, routed.status, path)
      assert.equal(quick.error, routed.error, path)
    }
  })
})
