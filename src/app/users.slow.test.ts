import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type OpenedServer, openServer } from './opened-server.contract.ts'
import { createPasswords } from './passwords.ts'

const alice = { name: 'alice@example.com', password: 'correct horse battery' }

function basic(name: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` }
}

describe('users', () => {
  let opened: OpenedServer
  let admin: ReturnType<OpenedServer['client']>
  before(async () => {
    opened = await openServer({ auth: 'tokens' })
    admin = opened.client(opened.server.adminToken)
    await admin.access.createProject({ body: { name: 'flights' } })
    await admin.access.createProject({ body: { name: 'secret' } })
    await admin.access.createUser({
      body: { ...alice, grants: [{ project: 'flights', role: 'editor' }] },
    })
  })
  after(() => opened.close())

  const whoami = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${opened.url}/api/v1/whoami`, { headers })

  it('come in by name and password, and by nothing else', async () => {
    const answer = await whoami(basic(alice.name, alice.password))
    assert.equal(((await answer.json()) as { name: string }).name, `user:${alice.name}`)
    const wrong = [
      basic(alice.name, 'wrong'),
      basic('nobody', alice.password),
      basic(alice.name, ''),
      { authorization: 'Basic !' },
      { authorization: 'Basic ' },
    ]
    for (const headers of wrong) assert.equal((await whoami(headers)).status, 401)
  })

  it('may bring a token where a tool asks for a password', async () => {
    const answer = await whoami(basic('anything', opened.server.adminToken ?? ''))
    assert.equal(answer.status, 200)
  })

  it('may do what they were granted, and no more', async () => {
    const { secret, principal } = await opened.client().access.signIn({ body: alice })
    assert.deepEqual(principal.grants, [{ project: 'flights', role: 'editor' }])
    const client = opened.client(secret)
    const { items } = await client.access.listProjects()
    assert.deepEqual(
      items.map(({ name }) => name),
      ['flights'],
    )
    await assert.rejects(client.journal.list({ params: { project: 'secret' } }), {
      code: 'forbidden',
    })
    await assert.rejects(client.access.listUsers(), { code: 'forbidden' })
    await assert.rejects(client.access.getUser({ params: { user: 'bob' } }), { code: 'forbidden' })
    assert.equal((await client.access.whoami()).name, `user:${alice.name}`)
  })

  it('with a role on one thing are let in to nothing else of the project', async () => {
    const bob = { name: 'bob', password: 'correct horse battery' }
    const grant = { project: 'flights', role: 'operator' as const, resource: 'experiment:0' }
    await admin.access.createUser({ body: { ...bob, grants: [grant] } })
    const { secret } = await opened.client().access.signIn({ body: bob })
    const client = opened.client(secret)
    const params = { project: 'flights' }
    const { total } = await client.runs.searchRuns({ params, body: {} })
    assert.equal(total, 0)
    const forbidden = { code: 'forbidden' }
    const endpoint = { ...params, endpoint: 'late' }
    const body = { input: [[0]] }
    await assert.rejects(client.deployments.predict({ params: endpoint, body }), forbidden)
    await assert.rejects(client.deployments.getEndpoint({ params: endpoint }), forbidden)
    await assert.rejects(client.models.listModels({ params }), forbidden)
    await assert.rejects(client.journal.list({ params }), forbidden)
    await assert.rejects(client.data.listDatasets({ params }), forbidden)
    await admin.access.removeUser({ params: { user: 'bob' } })
  })

  it('have their rights changed from the next request on', async () => {
    const { secret } = await opened.client().access.signIn({ body: alice })
    const client = opened.client(secret)
    const params = { user: alice.name }
    await admin.access.updateUser({ params, body: { grants: [] } })
    assert.equal((await client.access.listProjects()).items.length, 0)
    await admin.access.updateUser({ params, body: { isAdmin: true } })
    assert.equal((await client.access.listUsers()).items.length, 1)
    await assert.rejects(client.access.updateUser({ params, body: { isAdmin: false } }), {
      code: 'conflict',
    })
    await assert.rejects(client.access.removeUser({ params }), { code: 'conflict' })
    await admin.access.updateUser({ params, body: { isAdmin: false } })
    await assert.rejects(client.access.listUsers(), { code: 'forbidden' })
  })

  it('change their password by giving the present one, and are signed out by it', async () => {
    const { secret } = await opened.client().access.signIn({ body: alice })
    const client = opened.client(secret)
    const params = { user: alice.name }
    const next = 'another long password'
    await assert.rejects(client.access.setPassword({ params, body: { password: next } }), {
      code: 'invalid',
    })
    const wrong = { password: next, currentPassword: 'not this one' }
    await assert.rejects(client.access.setPassword({ params, body: wrong }), { code: 'invalid' })
    const body = { password: next, currentPassword: alice.password }
    await client.access.setPassword({ params, body })
    await assert.rejects(client.access.whoami(), { code: 'unauthenticated' })
    assert.equal((await whoami(basic(alice.name, alice.password))).status, 401)
    assert.equal((await whoami(basic(alice.name, next))).status, 200)
    await admin.access.setPassword({ params, body: { password: alice.password } })
    assert.equal((await whoami(basic(alice.name, alice.password))).status, 200)
  })

  it('are refused with bad names and passwords, and when there is one already', async () => {
    const password = 'long enough for this'
    for (const name of ['', ' ', 'a:b', 'a\u0000b', 'x'.repeat(129)]) {
      await assert.rejects(admin.access.createUser({ body: { name, password } }), {
        code: 'invalid',
      })
    }
    for (const bad of ['', 'short', 'x'.repeat(1025)]) {
      await assert.rejects(admin.access.createUser({ body: { name: 'bob', password: bad } }), {
        code: 'invalid',
      })
    }
    await assert.rejects(admin.access.createUser({ body: alice }), { code: 'already_exists' })
  })

  it('are gone at once when removed, and stay in the record', async () => {
    const body = { name: 'Zoë 🛩', password: 'pässwörd with signs' }
    await admin.access.createUser({ body })
    const { secret } = await opened.client().access.signIn({ body })
    await admin.access.removeUser({ params: { user: body.name } })
    await assert.rejects(opened.client(secret).access.whoami(), { code: 'unauthenticated' })
    assert.equal((await whoami(basic(body.name, body.password))).status, 401)
    const { items } = await admin.journal.list({
      params: { project: '*' },
      query: { subject: `user:${body.name}` },
    })
    const verbs = items.map(({ verb }) => verb).sort()
    assert.deepEqual(verbs, ['user.created', 'user.removed'])
    assert.ok(!JSON.stringify(items).includes(body.password))
  })
})

describe('passwords', () => {
  it('are salted, verified, and refused for a hash that is not one', async () => {
    const passwords = createPasswords()
    const [one, two] = await Promise.all([passwords.hash('secret'), passwords.hash('secret')])
    assert.notEqual(one, two)
    assert.ok(await passwords.verify('secret', one))
    assert.ok(await passwords.verify('secret', one), 'remembered')
    assert.ok(await createPasswords().verify('secret', two), 'in another process')
    assert.equal(await passwords.verify('Secret', one), false)
    for (const hash of ['', 'x', 'scrypt$1$2$3', one.slice(0, -8)]) {
      assert.equal(await passwords.verify('secret', hash), false)
    }
  })

  it('are each worked on, however many come at once', async () => {
    const passwords = createPasswords()
    const hash = await passwords.hash('secret')
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => passwords.verify(i % 2 === 0 ? 'secret' : 'no', hash)),
    )
    assert.deepEqual(answers, [true, false, true, false, true, false])
  })
})
