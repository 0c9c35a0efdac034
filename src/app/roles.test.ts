import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { serverRoles } from '#workers/role'
import { readConfig } from './config.ts'
import { type OpenedServer, openServer } from './opened-server.contract.ts'
import { type RunningServer, startServer } from './server.ts'

describe('roles in processes of their own', () => {
  let api: OpenedServer
  const others = new Map<string, RunningServer>()
  before(async () => {
    api = await openServer({ role: ['api'] })
    for (const role of serverRoles.filter((each) => each !== 'api')) {
      const options = { data: api.directory, port: 0, role: [role] }
      const config = readConfig(options, { GYRE_URL: api.url }, api.directory)
      others.set(role, await startServer({ config, checkResults: true }))
    }
  })
  after(async () => {
    for (const server of others.values()) await server.close()
    await api.close()
  })

  it('has health, readiness and metrics for each', async () => {
    for (const { url } of [...others.values(), api]) {
      assert.equal(await (await fetch(`${url}/health`)).text(), 'OK')
      assert.equal((await fetch(`${url}/ready`)).status, 200)
      assert.match(
        await (await fetch(`${url}/metrics`)).text(),
        /gyre_build_info\{.*roles="\w+"\} 1/,
      )
    }
  })

  it('gives each only what it is for', async () => {
    for (const [role, { url }] of others) {
      assert.equal((await fetch(`${url}/api/v1/projects`)).status, 404, role)
      assert.equal((await fetch(`${url}/v2`)).status, role === 'gateway' ? 200 : 404, role)
    }
    assert.equal((await fetch(`${api.url}/v2`)).status, 404)
    assert.equal((await fetch(`${api.url}/api/v1/projects`)).status, 200)
  })

  it('keeps a whole server out of a directory that they share', async () => {
    const config = readConfig({ data: api.directory, port: 0 }, {}, api.directory)
    await assert.rejects(startServer({ config }), { code: 'conflict' })
  })

  it('sees what the others wrote', async () => {
    await api.client().access.createProject({ body: { name: 'seen' } })
    for (const { platform } of others.values()) {
      const rows = await platform.tables
        .read<{ projects: { name: string } }>()
        .selectFrom('projects')
        .select('name')
        .where('name', '=', 'seen')
        .execute()
      assert.equal(rows.length, 1)
    }
  })
})
