import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import type { Client } from '#client/client'
import { type Activity, between, found, type World } from './activity.contract.ts'

interface AskedBatch {
  step: number
  size: number
  /** A parameter that is logged with the points, or none. */
  parameter: string | undefined
  acknowledged: boolean
}

interface AskedRun {
  id: string
  acknowledged: boolean
  batches: AskedBatch[]
  artifact: { sha256: string; acknowledged: boolean } | undefined
  finish: 'no' | 'asked' | 'acknowledged'
}

const key = 'loss'

/** Runs with batches of points and parameters, an artifact, and an end. */
export function runActivity({ project, random }: World): Activity {
  const runs: AskedRun[] = []
  const activity = {
    name: 'runs',
    places: 3,
    acknowledged: 0,
    async prepare() {},
    async act(client: Client) {
      const run: AskedRun = {
        id: randomBytes(16).toString('hex'),
        acknowledged: false,
        batches: [],
        artifact: undefined,
        finish: 'no',
      }
      runs.push(run)
      const params = { project, run: run.id }
      await client.runs.createRun({
        params: { project },
        body: { id: run.id, experiment: 'faults', parameters: { first: 'yes' } },
      })
      run.acknowledged = true
      activity.acknowledged++
      for (let step = 0; step < between(random, 1, 6); step++) await log(client, params, run, step)
      if (random.integer(3) === 0) await upload(client, params, run)
      if (random.integer(2) === 0) await finish(client, params, run)
    },
    async verify(client: Client) {
      for (const run of runs) await verifyRun(client, project, run)
    },
  }

  async function log(
    client: Client,
    params: { project: string; run: string },
    run: AskedRun,
    step: number,
  ): Promise<void> {
    const size = between(random, 1, 40)
    const parameter = random.integer(2) === 0 ? `p${step}` : undefined
    const batch: AskedBatch = { step, size, parameter, acknowledged: false }
    run.batches.push(batch)
    const metrics = Array.from({ length: size }, (_, at) => ({
      key,
      value: at,
      step,
      timestamp: at,
    }))
    const parameters = parameter === undefined ? undefined : { [parameter]: String(size) }
    const body = parameters === undefined ? { metrics } : { metrics, parameters }
    await client.runs.logToRun({ params, body })
    batch.acknowledged = true
    activity.acknowledged++
  }

  async function upload(
    client: Client,
    params: { project: string; run: string },
    run: AskedRun,
  ): Promise<void> {
    const content = randomBytes(between(random, 0, 200_000))
    const sha256 = createHash('sha256').update(content).digest('hex')
    run.artifact = { sha256, acknowledged: false }
    const body = new Uint8Array(content)
    await client.runs.uploadArtifact({ params, query: { path: 'a/b.bin', sha256 }, body })
    run.artifact.acknowledged = true
    activity.acknowledged++
  }

  async function finish(
    client: Client,
    params: { project: string; run: string },
    run: AskedRun,
  ): Promise<void> {
    run.finish = 'asked'
    await client.runs.finishRun({ params, body: { status: 'finished' } })
    run.finish = 'acknowledged'
    activity.acknowledged++
  }
  return activity
}

async function verifyRun(client: Client, project: string, asked: AskedRun): Promise<void> {
  const params = { project, run: asked.id }
  const run = await found(client.runs.getRun({ params }))
  if (run === undefined) {
    assert.ok(!asked.acknowledged, `run ${asked.id} is lost`)
    return
  }
  assert.equal(run.parameters['first'], 'yes', 'a run without its parameters')
  if (asked.finish === 'acknowledged') assert.equal(run.status, 'finished')
  else if (asked.finish === 'no') assert.equal(run.status, 'running')
  if (asked.batches.length > 0) await verifyBatches(client, params, asked, run.parameters)
  if (asked.artifact !== undefined) await verifyArtifact(client, params, asked.artifact)
}

async function verifyBatches(
  client: Client,
  params: { project: string; run: string },
  asked: AskedRun,
  parameters: Readonly<Record<string, string>>,
): Promise<void> {
  const history = await client.runs.getMetricHistory({ params, query: { key, limit: 25_000 } })
  for (const { step, size, parameter, acknowledged } of asked.batches) {
    const count = history.items.filter((point) => point.step === step).length
    const there = count > 0
    assert.ok(there || !acknowledged, `batch ${step} of run ${asked.id} is lost`)
    if (there) assert.equal(count, size, `batch ${step} of run ${asked.id} is there by halves`)
    if (parameter === undefined) continue
    assert.equal(parameter in parameters, there, `points and parameters of one batch are apart`)
  }
}

async function verifyArtifact(
  client: Client,
  params: { project: string; run: string },
  { sha256, acknowledged }: { sha256: string; acknowledged: boolean },
): Promise<void> {
  const query = { path: 'a/b.bin' }
  const download = await found(client.runs.downloadArtifact({ params, query }))
  if (download === undefined) assert.ok(!acknowledged, `an artifact of run ${params.run} is lost`)
  else assert.equal(await digestOf(download.content), sha256)
}

/** sha256 of content as it arrives. */
export async function digestOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of content) hash.update(chunk)
  return hash.digest('hex')
}
