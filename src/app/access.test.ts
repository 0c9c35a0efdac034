import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { GyreError } from '#kernel/errors'
import { type Role, roles } from '#kernel/roles'
import type { Operation } from '#protocols/api/implement'
import { readConfig } from './config.ts'
import { createOperations } from './operations.ts'
import { type OpenedServer, openServer } from './opened-server.contract.ts'

const facts = { version: '0', roles: [], startedAt: 0, authentication: 'tokens' as const }
// Only what they declare is read here.
const operations = createOperations(facts, { online: undefined as never, serving: undefined })

/** Calls an operation with nothing but its address; what it answers beyond the door does not matter. */
async function knock(opened: OpenedServer, { spec }: Operation, token?: string): Promise<number> {
  const path = spec.path.replace(':project', 'flights').replaceAll(/:[A-Za-z0-9]+/g, 'x')
  const response = await fetch(`${opened.url}/api/v1${path}`, {
    method: spec.method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(20_000),
  })
  await response.body?.cancel()
  return response.status
}

function mayEnter(role: Role, needed: Operation['spec']['role']): boolean {
  if (needed === 'anyone' || needed === 'authenticated') return true
  return roles.indexOf(role) >= roles.indexOf(needed)
}

describe('access', () => {
  let opened: OpenedServer
  let admin: string
  const tokens = new Map<string, string>()
  before(async () => {
    opened = await openServer({ auth: 'tokens' })
    assert.ok(opened.server.adminToken !== undefined)
    admin = opened.server.adminToken
    const client = opened.client(admin)
    await client.access.createProject({ body: { name: 'flights' } })
    await client.access.createProject({ body: { name: 'secret' } })
    for (const role of roles) {
      for (const project of ['*', 'flights']) {
        const name = `${role}-${project === '*' ? 'all' : project}`
        const { secret } = await client.access.createToken({
          body: { name, grants: [{ project, role }] },
        })
        tokens.set(name, secret)
      }
    }
  })
  after(() => opened.close())

  for (const operation of operations) {
    const { name, spec } = operation
    it(`${name} is for ${spec.role}`, async () => {
      const nobody = await knock(opened, operation)
      if (spec.role === 'anyone') assert.ok(nobody !== 401 && nobody !== 403)
      else assert.equal(nobody, 401)
      for (const role of roles) {
        // What changes things for good is not called for real.
        if (mayEnter(role, spec.role) && spec.method !== 'GET') continue
        const everywhere = await knock(opened, operation, tokens.get(`${role}-all`))
        assert.equal(everywhere === 403, !mayEnter(role, spec.role), `${role} in all projects`)
        const here = await knock(opened, operation, tokens.get(`${role}-flights`))
        const inProject =
          spec.path.includes(':project') || spec.role === 'anyone' || spec.role === 'authenticated'
        assert.equal(here === 403, !(inProject && mayEnter(role, spec.role)), `${role} in flights`)
      }
    })
  }

  it('keeps a token of one project out of the others', async () => {
    const client = opened.client(tokens.get('admin-flights'))
    await assert.rejects(client.journal.list({ params: { project: 'secret' } }), {
      code: 'forbidden',
    })
    await assert.rejects(client.journal.list({ params: { project: '*' } }), { code: 'forbidden' })
    const { items } = await client.access.listProjects()
    assert.deepEqual(
      items.map(({ name }) => name),
      ['flights'],
    )
  })

  it('gives secrets once and keeps only what they hash to', async () => {
    const client = opened.client(admin)
    const { token, secret } = await client.access.createToken({
      body: { name: 'once', grants: [{ project: 'flights', role: 'viewer' }] },
    })
    assert.match(secret, /^gyre_[\w-]{43}$/)
    assert.equal((await opened.client(secret).access.whoami()).name, 'token:once')
    const listed = JSON.stringify(await client.access.listTokens())
    const journal = JSON.stringify(await client.journal.list({ params: { project: '*' } }))
    assert.ok(!listed.includes(secret) && !journal.includes(secret))
    assert.ok(journal.includes('token.created'))
    await client.access.revokeToken({ params: { token: token.name } })
    await client.access.revokeToken({ params: { token: token.id } })
    await assert.rejects(opened.client(secret).access.whoami(), { code: 'unauthenticated' })
    await assert.rejects(
      client.access.createToken({
        body: { name: 'once', grants: [{ project: 'x', role: 'viewer' }] },
      }),
      { code: 'already_exists' },
    )
    await assert.rejects(client.access.revokeToken({ params: { token: 'unheard-of' } }), {
      code: 'not_found',
    })
  })

  it('ends a token when it expires', async () => {
    const client = opened.client(admin)
    const create = (name: string, expiresAt: number) =>
      client.access.createToken({
        body: { name, grants: [{ project: '*', role: 'viewer' }], expiresAt },
      })
    await assert.rejects(create('past', Date.now() - 1), { code: 'invalid' })
    const { secret } = await create('short', Date.now() + 300)
    await new Promise((resolve) => setTimeout(resolve, 310))
    await assert.rejects(opened.client(secret).access.whoami(), (error) => {
      assert.ok(error instanceof GyreError)
      return error.code === 'unauthenticated' && /expired/.test(error.public)
    })
  })

  it('refuses tokens that are wrong, also where nobody needs one', async () => {
    await assert.rejects(opened.client('gyre_wrong').access.whoami(), { code: 'unauthenticated' })
    for (const authorization of ['Basic eDp5', 'Bearer', 'Bearer a b']) {
      const response = await fetch(`${opened.url}/api/v1/whoami`, { headers: { authorization } })
      assert.equal(response.status, 401)
      assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer/)
    }
    assert.equal((await opened.client().access.whoami()).kind, 'anonymous')
  })

  it('shows metrics and events to no stranger', async () => {
    assert.equal((await fetch(`${opened.url}/metrics`)).status, 401)
    assert.equal((await fetch(`${opened.url}/api/v1/events`)).status, 401)
    const viewer = { authorization: `Bearer ${tokens.get('viewer-all')}` }
    assert.equal((await fetch(`${opened.url}/metrics`, { headers: viewer })).status, 200)
    const other = { authorization: `Bearer ${tokens.get('viewer-flights')}` }
    assert.equal((await fetch(`${opened.url}/metrics`, { headers: other })).status, 403)
    const events = await fetch(`${opened.url}/api/v1/events?project=secret`, { headers: other })
    assert.equal(events.status, 403)
  })
})

describe('readConfig', () => {
  it('refuses to let other machines in without authentication', () => {
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.org']) {
      assert.throws(() => readConfig({ host }, {}, '/tmp'), { code: 'refused' })
      assert.throws(() => readConfig({ host, auth: 'none' }, {}, '/tmp'), { code: 'refused' })
      assert.equal(readConfig({ host, auth: 'tokens' }, {}, '/tmp').authentication, 'tokens')
    }
  })

  it('needs no login on this machine, unless it is told to', () => {
    for (const host of ['127.0.0.1', 'localhost', '::1', '127.8.0.1']) {
      assert.equal(readConfig({ host }, {}, '/tmp').authentication, 'none')
    }
    assert.equal(readConfig({ auth: 'tokens' }, {}, '/tmp').authentication, 'tokens')
  })

  it('takes flags before the environment, and says what is wrong with either', () => {
    const config = readConfig({ port: 1 }, { GYRE_PORT: '2', GYRE_DATA: 'store' }, '/tmp')
    assert.deepEqual([config.port, config.dataDirectory], [1, '/tmp/store'])
    assert.throws(() => readConfig({}, { GYRE_PORT: 'x' }, '/tmp'), { code: 'invalid' })
    assert.throws(() => readConfig({ port: 70_000 }, {}, '/tmp'), { code: 'invalid' })
    assert.throws(() => readConfig({ auth: 'ldap' }, {}, '/tmp'), { code: 'invalid' })
    assert.throws(() => readConfig({ role: ['api,cook'] }, {}, '/tmp'), { code: 'invalid' })
    assert.deepEqual(readConfig({ role: ['runner,api'] }, {}, '/tmp').roles, ['api', 'runner'])
  })
})
