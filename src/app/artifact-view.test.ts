import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type OpenedServer, openServer } from './opened-server.contract.ts'

describe('a look into artifacts', () => {
  let opened: OpenedServer
  let client: ReturnType<OpenedServer['client']>
  let params: { project: string; run: string }
  before(async () => {
    opened = await openServer({ auth: 'tokens' })
    client = opened.client(opened.server.adminToken)
    const body = { experiment: 'looks' }
    const { id } = await client.runs.createRun({ params: { project: 'default' }, body })
    params = { project: 'default', run: id }
    const files = {
      'page.html': '<h1>Hello</h1>',
      'table.csv': 'a,name\n1,x\n2,ü\n',
      'ragged.csv': 'a,b\n1,2\n3\n',
      'note.txt': 'no table',
    }
    for (const [path, text] of Object.entries(files)) {
      const content = new TextEncoder().encode(text)
      await client.runs.uploadArtifact({ params, query: { path }, body: content })
    }
  })
  after(() => opened.close())

  it('gives the first rows of a table', async () => {
    const query = { path: 'table.csv', limit: 1 }
    const { columns, rows } = await client.runs.previewArtifact({ params, query })
    assert.deepEqual(
      columns.map(({ name }) => name),
      ['a', 'name'],
    )
    assert.deepEqual(rows, [[1, 'x']])
  })

  it('says what is no table, and what is not there', async () => {
    for (const [path, code] of [
      ['note.txt', 'invalid'],
      ['nothing.csv', 'not_found'],
    ] as const) {
      await assert.rejects(client.runs.previewArtifact({ params, query: { path } }), { code })
    }
    await assert.rejects(client.runs.viewArtifact({ params, body: { path: 'nothing.html' } }), {
      code: 'not_found',
    })
  })

  it('shows a page without a token, in a sandbox, by an address that was asked for', async () => {
    const { address } = await client.runs.viewArtifact({ params, body: { path: 'page.html' } })
    const answer = await fetch(opened.url + address)
    assert.equal(await answer.text(), '<h1>Hello</h1>')
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
    const policy = answer.headers.get('content-security-policy') ?? ''
    assert.match(policy, /^sandbox allow-scripts; default-src 'none'/)
    assert.doesNotMatch(policy, /allow-same-origin/)
    assert.equal(answer.headers.get('x-frame-options'), 'SAMEORIGIN')
  })

  it('shows nothing at an address that was not given, was changed, or has ended', async () => {
    const { platform } = opened.server
    const sealed = (purpose: string, expiresAt: number): string =>
      platform.secrets.seal(JSON.stringify({ sha256: '0'.repeat(64), expiresAt }), purpose)
    const soon = Date.now() + 60_000
    const { address } = await client.runs.viewArtifact({ params, body: { path: 'page.html' } })
    const wrong = [
      '/artifact-view/x',
      `${address.slice(0, -3)}AAA`,
      `/artifact-view/${sealed('artifact-view', Date.now() - 1)}`,
      `/artifact-view/${sealed('another purpose', soon)}`,
      `/artifact-view/${sealed('artifact-view', soon)}`,
    ]
    for (const path of wrong) assert.equal((await fetch(opened.url + path)).status, 404, path)
  })
})
