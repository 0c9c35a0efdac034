import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeLogisticOnnx } from '#science/onnx/write-logistic'
import type { Client } from '#client/client'
import { GyreError } from '#kernel/errors'
import { type Activity, between, found, type World } from './activity.contract.ts'

const model = 'scorer'
const endpoint = 'scorer'
const features = ['x']

/**
 * Versions of a model that the loop passes and releases by itself, and predictions and labels
 * meanwhile. What a version answers tells which one it is: its intercept is in its options.
 */
export function servingActivity({ project, random }: World): Activity {
  const versions: number[] = []
  const intercepts = new Map<number, number>()
  const labels = new Map<string, number>()
  let serial = 0
  const at = { project, endpoint }
  const activity = {
    name: 'serving',
    places: 3,
    acknowledged: 0,
    async prepare(client: Client) {
      await client.models.declareModel({ params: { project, model }, body: { gate: [] } })
      const policy = { automatic: true, steps: [] }
      await client.deployments.declareEndpoint({ params: at, body: { model, policy } })
      await register(client)
      while (!(await isServed(client))) await sleep(50)
    },
    async act(client: Client, place: number) {
      if (place > 0) return predict(client)
      await sleep(between(random, 50, 500))
      await register(client)
    },
    async verify(client: Client) {
      for (const version of versions) {
        const params = { project, model, version: String(version) }
        assert.ok(await found(client.models.getVersion({ params })), `${model}@${version} is lost`)
      }
      await predict(client)
      await verifyLabels(client)
    },
    async settle(client: Client) {
      const newest = await decidedVersions(client)
      for (;;) {
        const { champion } = await client.deployments.getEndpoint({ params: at })
        if (champion === newest) break
        await sleep(100)
      }
      await verifyChampion(client, newest)
    },
  }

  /** A gateway of its own hears of an endpoint and its release a moment later. */
  async function isServed(client: Client): Promise<boolean> {
    try {
      await client.deployments.predict({ params: at, body: { input: [[0]], log: false } })
      return true
    } catch (thrown) {
      const early = ['unavailable', 'not_found']
      if (thrown instanceof GyreError && early.includes(thrown.code)) return false
      throw thrown
    }
  }

  async function register(client: Client): Promise<void> {
    const intercept = ++serial / 64
    const content = writeLogisticOnnx(constantModel(intercept))
    const sha256 = createHash('sha256').update(content).digest('hex')
    const params = { project, model }
    await client.models.uploadModelFile({
      params,
      query: { sha256 },
      body: new Uint8Array(content),
    })
    const { version } = await client.models.registerVersion({
      params,
      body: {
        features,
        options: { intercept },
        signature: {
          inputs: [{ name: 'x', type: 'number' }],
          outputs: [{ name: 'probability', type: 'number' }],
        },
        files: [{ path: 'model.onnx', sha256, sizeBytes: content.byteLength }],
      },
    })
    versions.push(version)
    activity.acknowledged++
  }

  async function predict(client: Client): Promise<void> {
    const ids = Array.from({ length: between(random, 1, 5) }, () => randomBytes(8).toString('hex'))
    const input = ids.map(() => [0])
    const body = { input, ids }
    const answer = await client.deployments.predict({ params: at, body })
    assert.ok(answer.version !== null)
    const expected = 1 / (1 + Math.exp(-(await interceptOf(client, answer.version))))
    for (const given of answer.predictions) {
      assert.ok(Math.abs(Number(given) - expected) < 1e-6, 'another version answered than it said')
    }
    if (random.integer(4) > 0) return
    const given = ids.map(() => random.integer(2))
    const report = await client.deployments.postLabels({ params: at, body: { ids, labels: given } })
    assert.equal(report.matched, ids.length, 'a prediction is not in the log')
    ids.forEach((id, row) => labels.set(id, given[row] as number))
    activity.acknowledged++
  }

  async function interceptOf(client: Client, version: number): Promise<number> {
    const known = intercepts.get(version)
    if (known !== undefined) return known
    const params = { project, model, version: String(version) }
    const intercept = Number((await client.models.getVersion({ params })).options['intercept'])
    intercepts.set(version, intercept)
    return intercept
  }

  /** Some of the labels; each look reads the log. */
  async function verifyLabels(client: Client): Promise<void> {
    const { log } = await client.deployments.getEndpoint({ params: at })
    assert.ok(log.labels >= labels.size, `${log.labels} of ${labels.size} labels are there`)
    const all = [...labels]
    for (let look = 0; look < Math.min(5, all.length); look++) {
      const [id, label] = all[random.integer(all.length)] as [string, number]
      const { items } = await client.deployments.listPredictions({ params: at, query: { id } })
      assert.deepEqual(
        items.map((item) => [item.id, item.label]),
        [[id, label]],
      )
    }
  }

  /** Waits until the gate has decided about each version, once; gives the newest. */
  async function decidedVersions(client: Client): Promise<number> {
    const query = { limit: 1000 }
    const { items } = await client.models.listVersions({ params: { project, model }, query })
    assert.deepEqual(
      items.map(({ version }) => version),
      items.map((_, index) => items.length - index),
    )
    for (const { version } of items) {
      const params = { project, model, version: String(version) }
      for (;;) {
        const decisions = await client.models.listGateDecisions({ params })
        assert.ok(decisions.items.length <= 1, `${model}@${version} was decided about twice`)
        if (decisions.items.length === 1) break
        await sleep(100)
      }
    }
    return items.length
  }

  /** The alias follows the promotion by a record, so a moment later. */
  async function verifyChampion(client: Client, champion: number): Promise<void> {
    for (;;) {
      const { items } = await client.models.aliasesAt({ params: { project, model } })
      if (items.some(({ alias, version }) => alias === 'champion' && version === champion)) break
      await sleep(50)
    }
    const { rollout, variants } = await client.deployments.getEndpoint({ params: at })
    assert.equal(rollout, null)
    assert.deepEqual(
      variants.map(({ version, share }) => [version, share]),
      [[champion, 1]],
    )
  }
  return activity
}

function constantModel(intercept: number): Parameters<typeof writeLogisticOnnx>[0] {
  return {
    names: features,
    means: Float64Array.of(0),
    scales: Float64Array.of(1),
    coefficients: Float64Array.of(0),
    intercept,
  } as unknown as Parameters<typeof writeLogisticOnnx>[0]
}
