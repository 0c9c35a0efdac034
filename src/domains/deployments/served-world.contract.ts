import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openInferenceLane } from '#app/gateway'
import { openPlatform } from '#app/platform'
import { asSystem, type Context, createProject, type Platform } from '#domains/access/index'
import {
  evaluateGate,
  type ModelProfile,
  type ModelVersion,
  registerVersion,
} from '#domains/models/index'
import { createDoor } from '#protocols/api/door'
import { mountOperations } from '#protocols/api/mount'
import { createDeploymentsOperations } from '#protocols/api/routes/deployments'
import { createHttpServer } from '#protocols/api/server'
import { createReplay } from '#protocols/open-inference/replay'
import { mountOpenInference } from '#protocols/open-inference/routes'
import { writeLogisticOnnx } from '#science/onnx/write-logistic'
import { type RunningGateway, startGateway } from '#workers/gateway'
import { type JobLoop, startJobLoop } from '#workers/job-loop'
import { monitorHandlers } from '#workers/monitor'
import type { FeatureSource, Replay } from './index.ts'
import { Serving } from './index.ts'

export interface ServedWorld {
  platform: Platform
  ctx: Context
  serving: Serving
  gateway: RunningGateway
  jobs: JobLoop
  url: string
  close(): Promise<void>
}

export interface WorldOptions {
  /** A PostgreSQL for the tables. */
  databaseUrl?: string
  features?: FeatureSource
  logBytes?: number
  /** Without it, the real doors are asked. */
  replay?: Replay
  /** Kinds of jobs that are done by themselves; default all. */
  jobs?: string[]
}

/** A real platform, gateway, job loop and HTTP server in one process, on a new directory. */
export async function openServedWorld(options: WorldOptions = {}): Promise<ServedWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'gyre-served-'))
  const { platform, close } = await openPlatform({
    dataDirectory: directory,
    databaseUrl: options.databaseUrl,
  })
  const ctx = asSystem(platform, 'test')
  await createProject(ctx, { name: 'default', description: '' }).catch(() => undefined)
  const serving = new Serving(platform, {
    now: () => performance.now(),
    features: options.features,
    logBytes: options.logBytes,
  })
  const hosts = { hosts: undefined, origins: new Set<string>() }
  const door = createDoor({ platform, authentication: 'none', hosts })
  const app = createHttpServer({ platform, door })
  mountOperations(app, createDeploymentsOperations(serving), { platform, door, checkResults: true })
  await mountOpenInference(app, {
    serving,
    version: '0',
    log: platform.log,
    ready: () => true,
    enter: (request, project) => door.enter(request, 'viewer', project),
    contextOf: (request) => door.contextOf(request),
  })
  openInferenceLane(app, { platform, serving, door, metrics: { observeRequest() {} } })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const replay = options.replay ?? createReplay({ url })
  const gateway = startGateway(platform, { id: platform.newId(), serving, replay })
  await gateway.ready
  const handlers = Object.fromEntries(
    Object.entries(monitorHandlers()).filter(([kind]) => options.jobs?.includes(kind) ?? true),
  )
  const jobs = startJobLoop(platform, { handlers, owner: 'test', concurrency: 2 })
  return {
    platform,
    ctx,
    serving,
    gateway,
    jobs,
    url,
    async close() {
      await jobs.drain(1000)
      await app.close()
      await gateway.drain()
      await close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export interface TestModel {
  features: string[]
  coefficients: number[]
  intercept: number
  /** Added to the predictions that are kept with the version, to break parity. */
  sampleError?: number
  featureService?: string
  profile?: ModelProfile
}

/** Registers a logistic model and passes it through its gate. */
export async function registerLogistic(
  ctx: Context,
  name: string,
  model: TestModel,
): Promise<ModelVersion> {
  const { features, coefficients, intercept } = model
  const ones = features.map(() => 1)
  const zeros = features.map(() => 0)
  const onnx = writeLogisticOnnx({
    names: features,
    means: zeros,
    scales: ones,
    coefficients,
    intercept,
  } as unknown as Parameters<typeof writeLogisticOnnx>[0])
  const files = [await put(ctx, 'model.onnx', onnx)]
  files.push(await put(ctx, 'sample.parquet', await sampleOf(ctx, model, onnx)))
  if (model.profile !== undefined) {
    const text = new TextEncoder().encode(JSON.stringify(model.profile))
    files.push(await put(ctx, 'profile.json', text))
  }
  const version = await registerVersion(ctx, {
    project: 'default',
    model: name,
    learner: 'logistic',
    signature: {
      inputs: features.map((feature) => ({ name: feature, type: 'number' })),
      outputs: [{ name: 'probability', type: 'number' }],
    },
    features,
    featureService: model.featureService,
    files,
  })
  await evaluateGate(ctx, { project: 'default', model: name, version: String(version.version) })
  return version
}

async function put(
  ctx: Context,
  path: string,
  content: Uint8Array,
): Promise<{ path: string; sha256: string; sizeBytes: number }> {
  const { sha256, sizeBytes } = await ctx.blobs.put(content)
  return { path, sha256, sizeBytes }
}

async function sampleOf(ctx: Context, model: TestModel, onnx: Uint8Array): Promise<Uint8Array> {
  const rows = 300
  const width = model.features.length
  const loaded = await ctx.modelRuntime.load(onnx)
  const input = Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i * 12.9898) * 2)
  const predictions = await loaded.run(input, rows)
  await loaded.release()
  const scratch = await ctx.scratchDirectory()
  const path = join(scratch.path, 'sample.parquet')
  await ctx.frames.session(async (session) => {
    await session.createTable('sample', [
      ...model.features.map((name, feature) => ({
        name,
        type: 'number' as const,
        values: Array.from({ length: rows }, (_, row) => input[row * width + feature] ?? 0),
      })),
      {
        name: 'prediction',
        type: 'number',
        values: Array.from(predictions, (value) => value + (model.sampleError ?? 0)),
      },
    ])
    await session.exportParquet('SELECT * FROM sample', path)
  })
  const content = await readFile(path)
  await scratch.remove()
  return content
}

/** Waits until something holds. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  withinMs = 20_000,
): Promise<T> {
  const end = Date.now() + withinMs
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found as T
    if (Date.now() > end) throw new Error(`${what} did not happen within ${withinMs} ms.`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
