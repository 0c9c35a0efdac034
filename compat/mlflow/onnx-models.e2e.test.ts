import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Client } from '#client/client'
import { writeLogisticOnnx } from '#science/onnx/write-logistic'
import { type OpenedServer, openServer } from '../../src/app/opened-server.contract.ts'
import { preparePython } from '../python-environment.ts'

const run = promisify(execFile)
const programs = await preparePython({
  name: 'mlflow-onnx',
  requirements: ['mlflow-skinny==3.17.2', 'onnx', 'onnxruntime', 'pandas', 'numpy'],
  module: 'mlflow, onnx, onnxruntime, pandas',
  variable: 'GYRE_TEST_MLFLOW_ONNX',
})
const skip = programs === undefined && 'no Python with mlflow and onnx'
const project = 'default'

interface Seen {
  ours: number[]
  named: number[]
  columns: string[]
  beside: boolean
  input: number[][]
  theirs: number[]
}

describe('models in ONNX between Gyre and MLflow’s client', { skip }, () => {
  let server: OpenedServer
  let client: Client
  let seen: Seen

  before(async () => {
    server = await openServer()
    client = server.client()
    await register('ours')
    await register('named so, by 雪')
    await client.models.setAlias({
      params: { project, model: 'named so, by 雪', alias: 'best' },
      body: { version: 1, reason: 'The first.' },
    })
    const { stdout } = await run(
      join(programs ?? '', 'python'),
      [join(import.meta.dirname, 'onnx_models.py'), server.url],
      { env: { ...process.env, GIT_PYTHON_REFRESH: 'quiet' } },
    )
    seen = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Seen
  })
  after(() => server?.close())

  /** log odds 2a − b + 0.5 */
  async function register(model: string): Promise<void> {
    const names = ['a', 'b']
    const content = writeLogisticOnnx({
      names,
      means: Float64Array.of(0, 0),
      scales: Float64Array.of(1, 1),
      coefficients: Float64Array.of(2, -1),
      intercept: 0.5,
    } as unknown as Parameters<typeof writeLogisticOnnx>[0])
    const params = { project, model }
    const body = new Uint8Array(content)
    const { sha256, sizeBytes } = await client.models.uploadModelFile({ params, body })
    await client.models.registerVersion({
      params,
      body: {
        features: names,
        signature: {
          inputs: names.map((name) => ({ name, type: 'number' })),
          outputs: [{ name: 'probability', type: 'number' }],
        },
        files: [{ path: 'model.onnx', sha256, sizeBytes }],
      },
    })
  }

  it('a version that Gyre registered is a function of Python, by number and by alias', () => {
    const odds = [2 * 1 - 0.5 + 0.5, 2 * 2 - 1 + 0.5, 2 * 3 + 2 + 0.5]
    assert.deepEqual(seen.columns, ['a', 'b'])
    for (const predictions of [seen.ours, seen.named]) {
      assert.equal(predictions.length, odds.length)
      odds.forEach((logOdds, row) => {
        assert.ok(Math.abs((predictions[row] ?? 0) - 1 / (1 + Math.exp(-logOdds))) < 1e-6)
      })
    }
  })

  it('the files of a version cannot be changed through the proxy', async () => {
    const url = `${server.url}/api/2.0/mlflow-artifacts/artifacts/registered-versions/ours/1/model.onnx`
    assert.equal((await fetch(url)).status, 200)
    assert.equal((await fetch(url, { method: 'PUT', body: 'x' })).status, 400)
    assert.equal((await fetch(url, { method: 'DELETE' })).status, 400)
    assert.equal((await fetch(url.replace('/1/', '/9/'))).status, 404)
  })

  it('a network that the client logged, weights beside it, answers on an endpoint', async () => {
    assert.ok(seen.beside)
    const version = await client.models.getVersion({
      params: { project, model: 'theirs', version: '1' },
    })
    assert.equal(version.features.length, 64)
    const beside = version.files.filter(({ path }) => path.endsWith('.data'))
    assert.equal(beside.length, 1, version.files.map(({ path }) => path).join(' '))
    const params = { project, endpoint: 'theirs' }
    await client.deployments.declareEndpoint({ params, body: { model: 'theirs' } })
    await client.deployments.startRollout({ params, body: { version: '1' } })
    const { predictions } = await predicted(params, seen.input)
    assert.equal(predictions.length, seen.theirs.length)
    seen.theirs.forEach((value, row) => {
      assert.ok(Math.abs(Number(predictions[row]) - value) < 1e-4, `row ${row}`)
    })
  })

  /** As soon as the version is loaded. */
  async function predicted(params: { project: string; endpoint: string }, input: number[][]) {
    for (let tries = 0; ; tries++) {
      try {
        return await client.deployments.predict({ params, body: { input } })
      } catch (thrown) {
        if (tries > 300 || (thrown as { code?: string }).code !== 'unavailable') throw thrown
        await sleep(100)
      }
    }
  }
})
