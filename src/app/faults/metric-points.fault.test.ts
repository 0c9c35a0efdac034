import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { between } from './activity.contract.ts'
import { metricActivity } from './metric-activity.contract.ts'
import { faultRandom, faultRounds } from './seed.contract.ts'
import { startServerProcess } from './server-process.contract.ts'
import { untilAcknowledged, verify, work } from './workload.contract.ts'

describe('trainers that log into one run while the server is killed', () => {
  it('lose no acknowledged point and have none twice, whatever was being sealed', async (t) => {
    const random = faultRandom((message) => t.diagnostic(message))
    const directory = await mkdtemp(join(tmpdir(), 'gyre-kill-metrics-'))
    const start = () => startServerProcess(t, { args: ['--data', join(directory, 'data')] })
    const activity = metricActivity({ directory, project: 'default', random })
    let server = await start()
    await activity.prepare(server.client())
    for (let round = 0; round < faultRounds(4); round++) {
      const isKilled = (): boolean => server.ending
      const target = { client: server.client(), isStopping: isKilled, mayFail: isKilled }
      const working = work([activity], target)
      // The server seals twice a second: long enough for it to be at that in some rounds.
      const enough = untilAcknowledged([activity], between(random, 100, 400), isKilled)
      await Promise.race([enough.then(() => sleep(between(random, 0, 600))), working])
      await server.end('SIGKILL')
      await working
      server = await start()
      await verify([activity], server.client())
    }
    t.diagnostic(`${activity.acknowledged} acknowledged batches`)
    assert.ok(activity.acknowledged > 100)
    assert.equal((await server.end('SIGTERM')).code, 0)
    await rm(directory, { recursive: true })
  })
})
