import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { Client } from '#client/client'
import type { Random } from '#science/random'
import { type ServerRole, serverRoles } from '#workers/role'
import { freshSchema, postgresUrl } from '#adapters/sql/fresh-schema.contract'
import { type Activity, between, pick } from './activity.contract.ts'
import { dataActivity } from './data-activity.contract.ts'
import { pipelineActivity } from './pipeline-activity.contract.ts'
import { runActivity } from './run-activity.contract.ts'
import { faultRandom, faultRounds } from './seed.contract.ts'
import { runGyre, type ServerProcess, startServerProcess } from './server-process.contract.ts'
import { servingActivity } from './serving-activity.contract.ts'
import { settle, untilAcknowledged, verify, work } from './workload.contract.ts'

describe('a process of one role that is killed', () => {
  it('is missed by nobody once it is back, on SQLite', (t) => killRoles(t, {}))

  const skip = postgresUrl === undefined && 'GYRE_TEST_POSTGRES_URL is not set.'
  it('is missed by nobody once it is back, on PostgreSQL', { skip }, async (t) => {
    const { url, drop } = await freshSchema()
    t.after(drop)
    await killRoles(t, { GYRE_DATABASE_URL: url })
  })
})

/** The roles of one server, each in a process of its own, on one data directory. */
class Processes {
  readonly running = new Map<ServerRole, ServerProcess>()
  readonly #test: TestContext
  readonly #environment: Record<string, string>
  readonly data: string

  constructor(test: TestContext, data: string, environment: Record<string, string>) {
    this.#test = test
    this.data = data
    this.#environment = environment
  }

  async start(role: ServerRole): Promise<void> {
    const api = this.running.get('api')
    const environment = {
      ...this.#environment,
      ...(api === undefined ? {} : { GYRE_URL: api.url }),
    }
    const args = ['--data', this.data, '--role', role]
    this.running.set(role, await startServerProcess(this.#test, { args, environment }))
  }

  async kill(role: ServerRole): Promise<void> {
    await this.running.get(role)?.end('SIGKILL')
    this.running.delete(role)
  }

  /** Predictions go to the gateway, as behind a proxy. */
  client(): Client {
    const api = (this.running.get('api') as ServerProcess).client()
    const { predict, postLabels } = (this.running.get('gateway') as ServerProcess).client()
      .deployments
    return { ...api, deployments: { ...api.deployments, predict, postLabels } }
  }
}

async function killRoles(t: TestContext, environment: Record<string, string>): Promise<void> {
  const random = faultRandom((message) => t.diagnostic(message))
  const directory = await mkdtemp(join(tmpdir(), 'gyre-roles-'))
  const processes = new Processes(t, join(directory, 'data'), environment)
  for (const role of serverRoles) await processes.start(role)
  const world = { directory, project: 'default', random }
  const activities = [
    runActivity(world),
    dataActivity(world),
    pipelineActivity(world),
    servingActivity(world),
  ]
  for (const activity of activities) await activity.prepare(processes.client())
  // Runners first: what they were doing takes longest to be missed.
  const victims: ServerRole[] = ['runner', 'monitor']
  for (let round = 0; round < faultRounds(3); round++) {
    const role = victims.shift() ?? pick(random, ['api', 'gateway', 'runner', 'monitor'] as const)
    t.diagnostic(`kills the ${role}`)
    await killDuringWork(processes, role, activities, random)
    await verify(activities, processes.client())
  }
  await settle(activities, processes.client(), 100_000)
  for (const role of serverRoles.toReversed()) {
    const ended = await (processes.running.get(role) as ServerProcess).end('SIGTERM')
    assert.equal(ended.code, 0, `${role}: ${ended.err}`)
  }
  const args = ['doctor', '--data', processes.data, '--deep']
  const doctor = await runGyre({ args, environment })
  assert.equal(doctor.code, 0, doctor.out + doctor.err)
  await rm(directory, { recursive: true })
}

/** Only what the killed process itself was asked may fail. */
async function killDuringWork(
  processes: Processes,
  role: ServerRole,
  activities: readonly Activity[],
  random: Random,
): Promise<void> {
  const isDoor = role === 'api' || role === 'gateway'
  let stopping = false
  let killed = false
  const working = work(activities, {
    client: processes.client(),
    isStopping: () => stopping,
    mayFail: () => killed && isDoor,
  })
  const more = (most: number): Promise<void> =>
    Promise.race([untilAcknowledged(activities, between(random, 1, most), () => stopping), working])
  try {
    await more(100)
    killed = true
    await processes.kill(role)
    if (!isDoor) await more(30)
  } finally {
    stopping = true
  }
  await working
  await processes.start(role)
}
