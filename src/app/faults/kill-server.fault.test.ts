import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'node:test'
import type { Activity, World } from './activity.contract.ts'
import { between } from './activity.contract.ts'
import { dataActivity } from './data-activity.contract.ts'
import { pipelineActivity } from './pipeline-activity.contract.ts'
import { runActivity } from './run-activity.contract.ts'
import { faultRandom, faultRounds } from './seed.contract.ts'
import { runGyre, type ServerProcess, startServerProcess } from './server-process.contract.ts'
import { servingActivity } from './serving-activity.contract.ts'
import { tokenActivity } from './token-activity.contract.ts'
import { settle, untilAcknowledged, verify, work } from './workload.contract.ts'

describe('a server that is killed at any moment', () => {
  it('has every acknowledged write, none by halves, and goes on', async (t) => {
    const random = faultRandom((message) => t.diagnostic(message))
    const directory = await mkdtemp(join(tmpdir(), 'gyre-kill-'))
    const data = join(directory, 'data')
    const start = (): Promise<ServerProcess> =>
      startServerProcess(t, { args: ['--data', data, '--auth', 'tokens'] })
    let server = await start()
    const admin = server.adminToken
    assert.ok(admin)
    const world: World = { directory, project: 'default', random }
    const activities: Activity[] = [
      runActivity(world),
      dataActivity(world),
      tokenActivity(world, (secret) => server.client(secret)),
      pipelineActivity(world),
      servingActivity(world),
    ]
    for (const activity of activities) await activity.prepare(server.client(admin))
    for (let round = 0; round < faultRounds(6); round++) {
      const isKilled = (): boolean => server.ending
      const client = server.client(admin)
      const working = work(activities, { client, isStopping: isKilled, mayFail: isKilled })
      const enough = untilAcknowledged(activities, between(random, 1, 150), isKilled)
      await Promise.race([enough.then(() => sleep(between(random, 0, 50))), working])
      await server.end('SIGKILL')
      await working
      server = await start()
      await verify(activities, server.client(admin))
    }
    await settle(activities, server.client(admin))
    const ended = await server.end('SIGTERM')
    assert.equal(ended.code, 0, ended.err)
    for (const { name, acknowledged } of activities) {
      t.diagnostic(`${name}: ${acknowledged} acknowledged writes`)
      assert.ok(acknowledged > 0, name)
    }
    const doctor = await runGyre({ args: ['doctor', '--data', data, '--deep', '--json'] })
    assert.equal(doctor.code, 0, doctor.out + doctor.err)
    await rm(directory, { recursive: true })
  })
})
