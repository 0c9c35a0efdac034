import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { freshSchema, postgresUrl } from '#adapters/sql/fresh-schema.contract'
import { GyreError } from '#kernel/errors'
import { openServer } from '../opened-server.contract.ts'
import { furnish } from './furnished-store.contract.ts'

describe('many that want the same thing at once', () => {
  it('on SQLite: one has it, the others are told', () => raceForThings({}))
  const skip = postgresUrl === undefined && 'GYRE_TEST_POSTGRES_URL is not set.'
  it('on PostgreSQL: one has it, the others are told', { skip }, async (t) => {
    const { url, drop } = await freshSchema()
    t.after(drop)
    await raceForThings({ databaseUrl: url })
  })
})

async function raceForThings(options: { databaseUrl?: string }): Promise<void> {
  const opened = await openServer(options)
  try {
    await furnish(opened.client(), join(opened.directory, 'repository'))
    const client = opened.client()
    const params = { project: 'default' }
    const model = { ...params, model: 'wanted' }
    const at = { ...params, endpoint: 'wanted' }
    const { features, signature, files } = await client.models.getVersion({
      params: { ...params, model: 'model', version: '1' },
    })
    const body = { features, signature, files }
    const policy = { automatic: false, steps: [0.5] }
    await client.deployments.declareEndpoint({ params: at, body: { model: 'wanted', policy } })
    const reason = 'at once'
    const release = async (version: string, until: string): Promise<void> => {
      await client.models.registerVersion({ params: model, body })
      await client.models.evaluateGate({ params: { ...model, version } })
      const started = await atOnce(() =>
        client.deployments.startRollout({ params: at, body: { version, reason } }),
      )
      assert.deepEqual(started, { done: 1, conflict: 7 })
      const { items } = await client.deployments.listRollouts({ params: at })
      const rollout = items[0]?.id ?? ''
      for (let state = ''; state !== until; await sleep(20)) {
        state = (await client.deployments.advanceRollout({ params: { ...params, rollout } })).state
      }
    }
    await release('1', 'promoted')
    await release('2', 'canary')
    const promoted = await atOnce(() =>
      client.deployments.promote({ params: at, body: { reason } }),
    )
    assert.deepEqual(promoted, { done: 1, conflict: 7 })
    const moves = await atOnce(() =>
      client.models.setAlias({
        params: { ...model, alias: 'tried' },
        body: { version: 1, previous: null, reason },
      }),
    )
    assert.deepEqual(moves, { done: 1, conflict: 7 })
    const names = await atOnce(() => client.access.createProject({ body: { name: 'wanted' } }))
    assert.deepEqual(names, { done: 1, already_exists: 7 })
  } finally {
    await opened.close()
  }
}

/** Eight times the same at once; gives how often each outcome was. */
async function atOnce(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, work))
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) {
    const error: unknown = outcome.status === 'rejected' ? outcome.reason : undefined
    if (error !== undefined && !(error instanceof GyreError)) throw error
    const name = error?.code ?? 'done'
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
