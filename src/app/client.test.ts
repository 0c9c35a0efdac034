import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createClient } from '#client/client'
import { errorCodes, GyreError } from '#kernel/errors'
import { errorBody, errorHeaders, httpStatus } from '#protocols/api/errors'
import { openApiDocument } from '#protocols/api/open-api'
import { createOperations } from './operations.ts'
import { type OpenedServer, openServer } from './opened-server.contract.ts'

describe('the client', () => {
  let opened: OpenedServer
  before(async () => {
    opened = await openServer()
  })
  after(() => opened.close())

  it('calls operations with parameters, queries and bodies, whatever their characters', async () => {
    const client = opened.client()
    const name = 'Müller & Söhne 漢字'.replaceAll(/[ &]+/g, '-')
    const made = await client.access.createProject({ body: { name, description: 'ünï & 100 %' } })
    const { items } = await client.journal.list({
      params: { project: name },
      query: { verb: 'project.created', limit: 5 },
    })
    assert.equal(made.name, name.normalize('NFC'))
    assert.equal(items[0]?.subject, `project:${made.name}`)
    assert.equal(items[0]?.detail['description'], 'ünï & 100 %')
  })

  it('rebuilds what the server refuses', async () => {
    const client = opened.client()
    await assert.rejects(client.access.createProject({ body: { name: 'a/b' } }), (error) => {
      assert.ok(error instanceof GyreError)
      assert.equal(error.code, 'invalid')
      assert.match(error.public, /not a valid project name/)
      return true
    })
    await assert.rejects(
      client.journal.list({ params: { project: 'default' }, query: { limit: 0 } }),
      (error) =>
        error instanceof GyreError && JSON.stringify(error.details).includes('query.limit'),
    )
    await assert.rejects(client.journal.list({ params: { project: '..' } }), { code: 'invalid' })
  })

  it('says what to do when nobody answers', async () => {
    const client = createClient({
      url: 'http://127.0.0.1:9',
      unreachable: 'Start one with: gyre up',
    })
    await assert.rejects(client.server.describe(), { code: 'unavailable', public: /gyre up/ })
  })

  it('understands an answer that is not the server’s', async () => {
    const proxy: typeof fetch = async () =>
      new Response('<html>Bad gateway</html>', { status: 502 })
    const client = createClient({ url: opened.url, fetch: proxy })
    await assert.rejects(client.server.describe(), { code: 'unavailable', public: /status 502/ })
  })
})

describe('errors', () => {
  for (const code of errorCodes) {
    it(`${code} has a status, one shape, and leaks nothing`, () => {
      const status = httpStatus[code]
      assert.ok(status >= 400 && status < 600)
      const error = new GyreError({ code, public: 'told', internal: 'secret', details: [1] })
      const body = errorBody(error, 'r1')
      assert.deepEqual(body, { error: { code, message: 'told', details: [1], requestId: 'r1' } })
      assert.equal('retry-after' in errorHeaders(error), error.retryable)
    })
  }
})

interface Schema {
  [key: string]: unknown
}

/** Every `$ref` in a document, and every schema under a `schema` key. */
function* references(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, item] of Object.entries(value)) {
    if (key === '$ref' && typeof item === 'string') yield item
    else yield* references(item)
  }
}

describe('the OpenAPI document', () => {
  const facts = { version: '1.2.3', roles: [], startedAt: 0, authentication: 'none' as const }
  // Only what they declare is read here.
  const operations = createOperations(facts, { online: undefined as never, serving: undefined })
  const document = openApiDocument(operations, '1.2.3') as {
    openapi: string
    info: { title: string; version: string }
    paths: Record<string, Record<string, Schema>>
    components: { schemas: Record<string, Schema> }
  }
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )

  it('has every operation once, by a name of its own', () => {
    assert.equal(document.openapi, '3.1.0')
    assert.equal(described.length, operations.length + 1)
    const names = described.map(({ operation }) => operation['operationId'])
    assert.equal(new Set(names).size, names.length)
  })

  it('declares every parameter of every path, and no other', () => {
    for (const { path, operation } of described) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const parameters = operation['parameters'] as {
        in: string
        name: string
        required: boolean
        schema: unknown
      }[]
      const declared = parameters.filter((each) => each.in === 'path')
      assert.deepEqual(
        declared.map(({ name }) => name),
        inPath,
        path,
      )
      assert.ok(parameters.every(({ schema }) => typeof schema === 'object'))
      assert.ok(declared.every(({ required }) => required))
      assert.equal(
        new Set(parameters.map((each) => `${each.in} ${each.name}`)).size,
        parameters.length,
      )
    }
  })

  it('promises an answer and a failure of every operation', () => {
    for (const { path, operation } of described) {
      const responses = operation['responses'] as Schema
      assert.ok('200' in responses || '204' in responses, path)
      assert.ok('default' in responses, path)
    }
  })

  it('refers only to what it holds', () => {
    for (const reference of references(document)) {
      const parts = reference.replace(/^#\//, '').split('/')
      const target = parts.reduce<unknown>(
        (at, part) => (at as Schema | undefined)?.[part],
        document,
      )
      assert.equal(typeof target, 'object', reference)
    }
  })

  it('is plain JSON', () => {
    assert.deepEqual(JSON.parse(JSON.stringify(document)), document)
  })
})
