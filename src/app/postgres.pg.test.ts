import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { freshSchema } from '#adapters/sql/fresh-schema.contract'
import { asSystem } from '#domains/access/index'
import { hasEffect, moveCursor, readCursor, rebuildEdges } from '#domains/journal/index'
import { type OpenedServer, openServer } from './opened-server.contract.ts'
import { packageDirectory } from './package-facts.ts'
import { readRepository } from './workspace/repository-texts.ts'

describe('the server on PostgreSQL', () => {
  let schema: { url: string; drop(): Promise<void> }
  let opened: OpenedServer
  const params = { project: 'flights' }
  before(async () => {
    schema = await freshSchema()
    opened = await openServer({ auth: 'tokens', databaseUrl: schema.url })
  })
  after(async () => {
    await opened.close()
    await schema.drop()
  })

  function client() {
    return opened.client(opened.server.adminToken)
  }

  it('applies a repository once', async () => {
    const body = await readRepository(join(packageDirectory(), 'examples', 'flights'))
    const first = await client().server.apply({ params, body })
    assert.equal(first.differs, true)
    assert.equal((await client().server.apply({ params, body })).differs, false)
  })

  it('reads the journal in every way', async () => {
    const { items } = await client().journal.list({
      params,
      query: { verb: 'trigger.', order: 'oldest' },
    })
    assert.ok(items.length >= 2 && items.every(({ verb }) => verb.startsWith('trigger.')))
    const about = { subject: 'model:late-flights' }
    const found = await client().journal.list({ params, query: about })
    assert.ok(found.items.length > 0)
    const why = await client().journal.why({ params, query: { subject: 'endpoint:late-flights' } })
    assert.ok(why.nodes.length > 0)
    const lineage = await client().journal.lineage({ params, query: about })
    assert.ok(lineage.nodes.length > 1)
    assert.deepEqual((await client().journal.turns({ params })).items, [])
    const chain = await client().journal.verify()
    assert.equal(chain.intact, true, JSON.stringify(chain))
  })

  it('keeps cursors and derives lineage', async () => {
    const ctx = asSystem(opened.server.platform, 'test')
    await moveCursor(ctx, 'test', 7)
    await moveCursor(ctx, 'test', 3)
    assert.equal(await readCursor(ctx, 'test'), 7)
    assert.ok((await rebuildEdges(ctx)) > 0)
    assert.equal(await hasEffect(ctx, 1, 'gate.'), false)
  })

  it('creates and revokes tokens', async () => {
    const { token, secret } = await client().access.createToken({
      body: { name: 'ci', grants: [{ project: 'flights', role: 'viewer' }] },
    })
    assert.equal((await opened.client(secret).access.whoami()).name, 'token:ci')
    await client().access.revokeToken({ params: { token: token.id } })
    await assert.rejects(opened.client(secret).access.whoami(), { code: 'unauthenticated' })
  })

  it('exposes metrics and events', async () => {
    const headers = { authorization: `Bearer ${opened.server.adminToken}` }
    const metrics = await (await fetch(`${opened.url}/metrics`, { headers })).text()
    assert.match(metrics, /^gyre_journal_seq [1-9]/m)
    for await (const event of client().events({ after: 0 })) {
      if (event.type !== 'record') continue
      assert.equal(event.record.seq, 1)
      break
    }
  })
})
