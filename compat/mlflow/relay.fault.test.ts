import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { promisify } from 'node:util'
import type { RelayStatus } from '#app/relay/control'
import { faultRandom } from '../../src/app/faults/seed.contract.ts'
import { runGyre } from '../../src/app/faults/server-process.contract.ts'
import { startRelayProcess } from '../../src/app/relay/relay-process.contract.ts'
import { freePort, mlflowPython, startMlflowServer } from './python.contract.ts'

const run = promisify(execFile)
const python = await mlflowPython()
const skip = python === undefined ? 'no Python with mlflow' : false
const trainers = 4
const points = 60

interface Checked {
  experiments: number
  runs: {
    id: string
    name: string
    status: string
    params: Record<string, string>
    tags: Record<string, string>
    steps: Record<string, number[]>
    values: number[]
    files: Record<string, string>
    outputs: number
  }[]
  models: { run: string; status: string }[]
  versions: { run: string; version: string }[]
  predicted: number[] | null
}

test(
  'what the unmodified client logged is on an MLflow server exactly once, whoever was killed',
  { skip, timeout: 900_000 },
  async (t) => {
    const random = faultRandom((message) => t.diagnostic(message))
    const directory = await mkdtemp(join(tmpdir(), 'gyre-relay-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    const [serverPort, relayPort] = [await freePort(), await freePort()]
    const server = { python: python ?? '', directory, port: serverPort }
    const to = `http://127.0.0.1:${serverPort}`
    const relayed = { to, directory: join(directory, 'relay'), port: relayPort }

    let relay = await startRelayProcess(t, relayed)
    const work = Array.from({ length: trainers }, (_, i) => train(relay.url, i))
    let done = false
    const all = Promise.all(work).finally(() => (done = true))
    all.catch(() => undefined)
    await sleep(2000 + random.integer(4000))
    let peer = await startMlflowServer(server)
    t.after(() => peer.kill())
    for (let round = 0; round < 3 || !done; round++) {
      await sleep(300 + random.integer(2500))
      await relay.end('SIGKILL')
      relay = await startRelayProcess(t, relayed)
      if (round !== 1) continue
      peer.kill()
      await sleep(random.integer(1500))
      peer = await startMlflowServer(server)
    }
    await all
    const status = await drained(relay.url)
    assert.deepEqual(status.aside, [])
    const seen = await look(to)
    check(seen)
    const logged = seen.runs.find((each) => 'learner' in each.params)
    await refuse(relay.url, relayed.directory, logged?.id ?? '')
  },
)

/** A parameter cannot change: the server says so when the client is long gone. */
async function refuse(url: string, directory: string, runId: string): Promise<void> {
  const answer = await fetch(`${url}/api/2.0/mlflow/runs/log-parameter`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ run_id: runId, key: 'learner', value: 'another' }),
  })
  assert.equal(answer.status, 200)
  const aside = async (): Promise<RelayStatus['aside']> => {
    const shown = await runGyre({ args: ['relay', 'status', '--json', '--data', directory] })
    return (JSON.parse(shown.out) as RelayStatus).aside
  }
  await drained(url)
  const [refused] = await aside()
  assert.match(refused?.reason ?? '', /the server answers 400: .*Changing param values/)
  const change = async (...args: string[]): Promise<unknown> => {
    const { out } = await runGyre({ args: ['relay', ...args, '--json', '--data', directory] })
    return JSON.parse(out)
  }
  assert.deepEqual(await change('retry', String(refused?.entry)), { retried: 1 })
  await drained(url)
  assert.equal((await aside()).length, 1)
  assert.deepEqual(await change('drop', 'all'), { dropped: 1 })
  assert.deepEqual(await aside(), [])
}

async function train(url: string, i: number): Promise<void> {
  const script = join(import.meta.dirname, 'relay_trainer.py')
  const kind = i === 0 ? 'model' : 'plain'
  await run(python ?? '', [script, `trainer-${i}`, String(points), kind], {
    env: { ...process.env, MLFLOW_TRACKING_URI: url, GIT_PYTHON_REFRESH: 'quiet' },
  })
}

async function look(url: string): Promise<Checked> {
  const script = join(import.meta.dirname, 'relay_check.py')
  const env = { ...process.env, MLFLOW_TRACKING_URI: url }
  const { stdout } = await run(python ?? '', [script], { env })
  return JSON.parse(stdout) as Checked
}

async function drained(url: string): Promise<RelayStatus> {
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${url}/gyre-relay/status`)
    const status = (await answer.json()) as RelayStatus
    if (status.pending === 0) return status
    assert.ok(tries < 600, `still waiting: ${JSON.stringify(status)}`)
    await sleep(100)
  }
}

function check(seen: Checked): void {
  assert.equal(seen.experiments, 1)
  assert.equal(seen.runs.length, 2 * trainers)
  const steps = Array.from({ length: points }, (_, step) => step)
  for (let i = 0; i < trainers; i++) {
    const name = `trainer-${i}`
    const [own] = seen.runs.filter((each) => each.name === name)
    assert.ok(own, name)
    assert.equal(own.status, 'FINISHED')
    assert.deepEqual(own.params, { learner: name, depth: '4' })
    assert.deepEqual(own.tags, { seen: 'last' })
    assert.deepEqual(own.steps, { loss: steps, rate: steps, odd: steps })
    assert.deepEqual(own.files, {
      'notes/notes.txt': `notes of ${name}`,
      'same.txt': 'the same everywhere',
    })
    assert.equal(own.values.at(-1), 1 / points)
    const children = seen.runs.filter((each) => each.tags['mlflow.parentRunId'] === own.id)
    assert.deepEqual(
      children.map((child) => [child.name, child.status, child.steps]),
      [[`${name}-child`, 'FINISHED', { child: [0] }]],
    )
    if (i > 0) continue
    assert.deepEqual(seen.models, [{ run: own.id, status: 'READY' }])
    assert.deepEqual(seen.versions, [{ run: own.id, version: '1' }])
    assert.deepEqual(seen.predicted, [0, 1])
    assert.equal(own.outputs, 1)
  }
}
