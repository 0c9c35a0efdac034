import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeLogisticOnnx } from '#science/onnx/write-logistic'
import type { Client } from '#client/client'
import type { Known } from './plausible-value.contract.ts'

export const project = 'default'

/** One of everything, so that requests get past the look-up; gives what the things are called. */
export async function furnish(client: Client, directory: string): Promise<Known> {
  const data = await furnishData(client)
  const { id: run } = await client.runs.createRun({
    params: { project },
    body: { experiment: 'experiment' },
  })
  await client.deployments.declareEndpoint({
    params: { project, endpoint: 'endpoint' },
    body: { model: 'model', policy: { automatic: true, steps: [] } },
  })
  const model = await furnishModel(client)
  await served(client)
  await client.monitors.declareMonitor({
    params: { project, monitor: 'monitor' },
    body: { endpoint: 'endpoint' },
  })
  const execution = await furnishPipeline(client, directory)
  const { token } = await client.access.createToken({
    body: { name: 'token', grants: [{ project, role: 'viewer' }] },
  })
  return {
    ...data,
    ...model,
    project,
    directory,
    run,
    execution,
    token: token.name,
    experiment: 'experiment',
    endpoint: 'endpoint',
    monitor: 'monitor',
    pipeline: 'pipeline',
    trigger: 'trigger',
    stage: 'one',
    alias: 'candidate',
    version: '1',
    seq: '1',
  }
}

/** Waits until the loop has released the model. */
async function served(client: Client): Promise<void> {
  const params = { project, endpoint: 'endpoint' }
  while ((await client.deployments.getEndpoint({ params })).champion === null) await sleep(50)
}

async function furnishData(client: Client): Promise<Known> {
  const content = new TextEncoder().encode('date,delay\n2001-01-01,3\n2001-01-02,30\n')
  const sha256 = createHash('sha256').update(content).digest('hex')
  const { md5 } = await client.data.uploadBlob({ params: { project, sha256 }, body: content })
  const params = { project, dataset: 'dataset' }
  await client.data.declareDataset({ params, body: {} })
  const file = { path: 'a.csv', sha256, md5, sizeBytes: content.byteLength }
  await client.data.commitVersion({ params, body: { files: [file] } })
  return { dataset: 'dataset', data: 'dataset', ...file }
}

async function furnishModel(client: Client): Promise<Known> {
  const params = { project, model: 'model' }
  const content = writeLogisticOnnx({
    names: ['x'],
    means: Float64Array.of(0),
    scales: Float64Array.of(1),
    coefficients: Float64Array.of(1),
    intercept: 0,
  } as unknown as Parameters<typeof writeLogisticOnnx>[0])
  const body = new Uint8Array(content)
  const { sha256, sizeBytes } = await client.models.uploadModelFile({ params, body })
  await client.models.registerVersion({
    params,
    body: {
      features: ['x'],
      signature: {
        inputs: [{ name: 'x', type: 'number' }],
        outputs: [{ name: 'p', type: 'number' }],
      },
      files: [{ path: 'model.onnx', sha256, sizeBytes }],
    },
  })
  return { model: 'model' }
}

async function furnishPipeline(client: Client, directory: string): Promise<string> {
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'dvc.yaml'), 'stages:\n  one:\n    cmd: echo one\n')
  const params = { project, pipeline: 'pipeline' }
  await client.pipelines.declarePipeline({ params, body: { directory } })
  const declaration = { on: 'manual' as const, run: 'pipeline' }
  await client.pipelines.declareTrigger({
    params: { project, trigger: 'trigger' },
    body: { declaration },
  })
  const stages = [{ stage: 'one', after: [], reason: 'test' }]
  const { id } = await client.pipelines.reportExecution({
    params: { project },
    body: { pipeline: 'pipeline', stages },
  })
  return id
}
