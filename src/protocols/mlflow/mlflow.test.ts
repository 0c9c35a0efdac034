import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type OpenedServer, openServer } from '../../app/opened-server.contract.ts'

let opened: OpenedServer
before(async () => {
  opened = await openServer({ auth: 'tokens' })
})
after(() => opened.close())

interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown>
}

function basic(password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`ada:${password}`).toString('base64')}` }
}

async function ask(
  method: string,
  path: string,
  options: { body?: unknown; headers?: Record<string, string>; token?: string | null } = {},
): Promise<Answer> {
  const secret = options.token === undefined ? (opened.server.adminToken ?? '') : options.token
  const response = await fetch(opened.url + path, {
    method,
    headers: {
      ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  })
  const body = (await response.json()) as Record<string, unknown>
  return { status: response.status, headers: response.headers, body }
}

test('a client finds out what this server is before it says who asks', async () => {
  const version = await fetch(`${opened.url}/version`)
  assert.equal(await version.text(), '3.17.2')
  const info = await ask('GET', '/api/3.0/mlflow/server-info', { token: null })
  assert.deepEqual([info.status, info.body['workspaces_enabled']], [200, true])
})

test('a token is shown as Bearer or as the password of any name', async () => {
  const nobody = await ask('GET', '/api/3.0/mlflow/workspaces', { token: null })
  assert.equal(nobody.status, 401)
  assert.equal(nobody.body['error_code'], 'UNAUTHENTICATED')
  assert.equal(nobody.headers.get('www-authenticate'), 'Basic realm="mlflow"')
  for (const headers of [basic('wrong'), basic(''), { authorization: 'Basic %%%' }]) {
    const refused = await ask('GET', '/api/3.0/mlflow/workspaces', { token: null, headers })
    assert.deepEqual([refused.status, refused.body['error_code']], [401, 'UNAUTHENTICATED'])
  }
  const headers = basic(opened.server.adminToken ?? '')
  const known = await ask('GET', '/ajax-api/3.0/mlflow/workspaces', { token: null, headers })
  assert.deepEqual([known.status, known.body['workspaces']], [200, [{ name: 'default' }]])
})

test('workspaces are projects', async () => {
  const path = '/api/3.0/mlflow/workspaces'
  const created = await ask('POST', path, { body: { name: 'vision', description: 'Cameras' } })
  assert.equal(created.status, 201)
  assert.deepEqual(created.body['workspace'], { name: 'vision', description: 'Cameras' })
  const again = await ask('POST', path, { body: { name: 'vision' } })
  assert.deepEqual([again.status, again.body['error_code']], [400, 'RESOURCE_ALREADY_EXISTS'])
  assert.equal((await ask('GET', `${path}/vision`)).status, 200)
  const absent = await ask('GET', `${path}/nothing`)
  assert.deepEqual([absent.status, absent.body['message']], [404, "Workspace 'nothing' not found"])
  const elsewhere = await ask('GET', path, { headers: { 'x-mlflow-workspace': 'nothing' } })
  assert.deepEqual(
    [elsewhere.status, elsewhere.body['error_code']],
    [404, 'RESOURCE_DOES_NOT_EXIST'],
  )
  for (const name of ['default', 'Upper', 'x', 'api']) {
    const refused = await ask('POST', path, { body: { name } })
    assert.deepEqual([refused.status, refused.body['error_code']], [400, 'INVALID_PARAMETER_VALUE'])
  }
})

test('what is unknown is 404 in the shape that clients read', async () => {
  for (const path of ['/api/2.0/mlflow/nothing', '/ajax-api/3.0/other', '/api/2.0/']) {
    const { status, body } = await ask('POST', path, { body: {} })
    assert.deepEqual([status, body['error_code']], [404, 'ENDPOINT_NOT_FOUND'], path)
  }
})

test('a body that is none is refused', async () => {
  const path = '/api/3.0/mlflow/workspaces'
  const raw = (body: string, type: string) =>
    fetch(opened.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${opened.server.adminToken}`, 'content-type': type },
      body,
    })
  for (const body of ['{', '[]', '3', '"{"', '"[1]"', '\u0000', '['.repeat(100)]) {
    const response = await raw(body, 'application/json')
    assert.equal(response.status, 400, body)
    const { error_code: code } = (await response.json()) as { error_code: string }
    assert.equal(code, 'INVALID_PARAMETER_VALUE', body)
  }
  const wrongType = await raw('{}', 'text/plain')
  assert.match(await wrongType.text(), /Content-Type must be one of/)
  // Older clients encode twice.
  const twice = await raw(JSON.stringify(JSON.stringify({ name: 'twice' })), 'application/json')
  assert.equal(twice.status, 201)
})
