import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type OpenedServer, openServer } from '../../app/opened-server.contract.ts'

const root = { username: 'root', password: 'the first admin here' }
const ann = { username: 'ann', password: 'a password for ann' }

describe('users and permissions as MLflow asks for them', () => {
  let opened: OpenedServer
  before(async () => {
    opened = await openServer({ auth: 'tokens' })
    const admin = opened.client(opened.server.adminToken)
    const body = { name: root.username, password: root.password, isAdmin: true }
    await admin.access.createUser({ body })
  })
  after(() => opened.close())

  async function ask(
    who: { username: string; password: string },
    method: string,
    path: string,
    fields: Record<string, unknown> = {},
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const query = new URLSearchParams(fields as Record<string, string>)
    const url = `${opened.url}/api/${path}${method === 'GET' ? `?${query}` : ''}`
    const credentials = Buffer.from(`${who.username}:${who.password}`).toString('base64')
    const response = await fetch(url, {
      method,
      headers: { authorization: `Basic ${credentials}`, 'content-type': 'application/json' },
      ...(method === 'GET' ? {} : { body: JSON.stringify(fields) }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  it('creates, shows, changes and removes users', async () => {
    const made = await ask(root, 'POST', '2.0/mlflow/users/create', ann)
    assert.equal(made.status, 200)
    const user = made.body['user'] as Record<string, unknown>
    assert.equal(user['username'], 'ann')
    assert.equal(user['is_admin'], false)
    const again = await ask(root, 'POST', '2.0/mlflow/users/create', ann)
    assert.equal(again.body['error_code'], 'RESOURCE_ALREADY_EXISTS')
    const short = { username: 'bob', password: 'short' }
    const refused = await ask(root, 'POST', '2.0/mlflow/users/create', short)
    assert.equal(refused.body['error_code'], 'INVALID_PARAMETER_VALUE')
    const current = await ask(ann, 'GET', '2.0/mlflow/users/current')
    assert.deepEqual((current.body['user'] as Record<string, unknown>)['username'], 'ann')
    const list = await ask(root, 'GET', '2.0/mlflow/users/list')
    assert.equal((list.body['users'] as unknown[]).length, 2)
    assert.equal((await ask(ann, 'GET', '2.0/mlflow/users/list')).status, 403)
    assert.equal((await ask(ann, 'POST', '2.0/mlflow/users/create', ann)).status, 403)
    const next = { username: 'ann', password: 'a second password', current_password: ann.password }
    assert.equal((await ask(ann, 'PATCH', '2.0/mlflow/users/update-password', next)).status, 200)
    assert.equal((await ask(ann, 'GET', '2.0/mlflow/users/current')).status, 401)
    await ask(root, 'PATCH', '2.0/mlflow/users/update-password', ann)
    const admin = { username: 'ann', is_admin: true }
    assert.equal((await ask(root, 'PATCH', '2.0/mlflow/users/update-admin', admin)).status, 200)
    assert.equal((await ask(ann, 'GET', '2.0/mlflow/users/list')).status, 200)
    await ask(root, 'PATCH', '2.0/mlflow/users/update-admin', { username: 'ann', is_admin: false })
    assert.equal((await ask(root, 'DELETE', '2.0/mlflow/users/delete', root)).status, 400)
    await ask(root, 'POST', '2.0/mlflow/users/create', { ...ann, username: 'gone' })
    const gone = await ask(root, 'DELETE', '2.0/mlflow/users/delete', { username: 'gone' })
    assert.equal(gone.status, 200)
    assert.equal((await ask(root, 'GET', '2.0/mlflow/users/get', { username: 'gone' })).status, 404)
  })

  it('grants, shows and takes away, by the calls of today', async () => {
    const thing = { username: 'ann', resource_type: 'registered_model', resource_id: 'late: never' }
    const permission = (who = root) => ask(who, 'GET', '3.0/mlflow/users/permissions/get', thing)
    assert.equal((await permission()).body['permission'], 'NO_PERMISSIONS')
    const grant = { ...thing, permission: 'EDIT' }
    assert.equal((await ask(ann, 'POST', '3.0/mlflow/users/permissions/grant', grant)).status, 403)
    await ask(root, 'POST', '3.0/mlflow/users/permissions/grant', grant)
    assert.deepEqual((await permission(ann)).body, { allowed: true, permission: 'EDIT' })
    const listed = await ask(ann, 'GET', '3.0/mlflow/users/current/permissions')
    const [own] = listed.body['permissions'] as Record<string, unknown>[]
    assert.equal(own?.['resource_type'], 'registered_model')
    assert.equal(own?.['resource_pattern'], 'late: never')
    await ask(root, 'POST', '3.0/mlflow/users/permissions/revoke', thing)
    assert.deepEqual((await permission()).body, { allowed: false, permission: 'NO_PERMISSIONS' })
    for (const wrong of [{ permission: 'OWN' }, { resource_type: 'planet' }]) {
      const fields = { ...grant, ...wrong }
      const answer = await ask(root, 'POST', '3.0/mlflow/users/permissions/grant', fields)
      assert.equal(answer.body['error_code'], 'INVALID_PARAMETER_VALUE')
    }
  })

  it('hides one thing, and gives every user what the server says', async (t) => {
    const other = await openServer({ auth: 'tokens' }, { GYRE_USER_ROLES: 'default=viewer+create' })
    t.after(() => other.close())
    const admin = other.client(other.server.adminToken)
    for (const { username: name, password } of [ann, root]) {
      await admin.access.createUser({ body: { name, password } })
    }
    const call = (who: typeof ann, path: string, fields: Record<string, unknown>) =>
      fetch(`${other.url}/api/${path}`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${who.username}:${who.password}`).toString('base64')}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(fields),
      })
    const found = async () => {
      const answer = await call(root, '2.0/mlflow/experiments/search', { max_results: 10 })
      const { experiments } = (await answer.json()) as { experiments: { name: string }[] }
      return experiments.map(({ name }) => name)
    }
    const made = await call(ann, '2.0/mlflow/experiments/create', { name: 'of ann' })
    const { experiment_id: id } = (await made.json()) as { experiment_id: string }
    assert.deepEqual(await found(), ['of ann', 'Default'])
    const hide = { username: root.username, resource_type: 'experiment', resource_id: id }
    const path = '3.0/mlflow/users/permissions/grant'
    assert.equal((await call(root, path, { ...hide, permission: 'MANAGE' })).status, 403)
    assert.equal((await call(ann, path, { ...hide, permission: 'DENY' })).status, 200)
    assert.deepEqual(await found(), ['Default'])
    const run = await call(root, '2.0/mlflow/runs/create', { experiment_id: id })
    assert.equal(run.status, 403)
  })

  it('grants, shows and takes away, by the calls of clients before roles', async () => {
    for (const [collection, field, key] of [
      ['experiments', 'experiment_id', 'experiment_permission'],
      ['registered-models', 'name', 'registered_model_permission'],
    ] as const) {
      const path = `2.0/mlflow/${collection}/permissions`
      const thing = { username: 'ann', [field]: '0' }
      assert.equal((await ask(root, 'GET', `${path}/get`, thing)).status, 404)
      const made = await ask(root, 'POST', `${path}/create`, { ...thing, permission: 'READ' })
      assert.equal((made.body[key] as Record<string, unknown>)['permission'], 'READ')
      const again = await ask(root, 'POST', `${path}/create`, { ...thing, permission: 'READ' })
      assert.equal(again.body['error_code'], 'RESOURCE_ALREADY_EXISTS')
      await ask(root, 'PATCH', `${path}/update`, { ...thing, permission: 'MANAGE' })
      const shown = await ask(root, 'GET', `${path}/get`, thing)
      assert.equal((shown.body[key] as Record<string, unknown>)['permission'], 'MANAGE')
      assert.equal((await ask(root, 'DELETE', `${path}/delete`, thing)).status, 200)
      assert.equal((await ask(root, 'GET', `${path}/get`, thing)).status, 404)
    }
  })
})
