import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from '#client/client'
import { invalid } from '#kernel/errors'
import type { Evaluation, VersionFile } from '#domains/models/index'
import { modelFiles, readModelDescription } from './model-directory.ts'
import { sha256OfFile } from './training-data.ts'

export interface RegisterRequest {
  client: Client
  project: string
  name: string
  /** A directory that `gyre train` wrote. */
  model: string
  /** A file that `gyre models evaluate` wrote. */
  evaluation?: string | undefined
  description?: string | undefined
  signal: AbortSignal
}

type Version = Awaited<ReturnType<Client['models']['registerVersion']>>

/**
 * Registers a trained model with its evidence. The very same model again does not become another
 * version: its evidence is brought up to date and the gate asked again. Errors: as the server's.
 */
export async function registerModel(
  request: RegisterRequest,
): Promise<{ version: Version; isNew: boolean }> {
  const { client, project, name, signal } = request
  const description = await readModelDescription(request.model)
  const evaluation = await readEvaluation(request.evaluation)
  const known = await findSame(request)
  if (known !== undefined) {
    const params = { project, model: name, version: String(known.version) }
    if (evaluation === undefined) return { version: known, isNew: false }
    await client.models.recordEvaluation({ params, body: evaluation, signal })
    await client.models.evaluateGate({ params, signal })
    return { version: await client.models.getVersion({ params, signal }), isNew: false }
  }
  const files = await uploadFiles(request)
  const version = await client.models.registerVersion({
    params: { project, model: name },
    body: {
      learner: description.learner,
      options: description.options,
      signature: description.signature,
      features: description.features,
      inputs: description.inputs,
      files,
      ...(description.target === '' ? {} : { target: description.target }),
      ...(description.run === null ? {} : { run: description.run }),
      ...(description.featureService === null
        ? {}
        : { featureService: description.featureService }),
      ...(description.gitCommit === null ? {} : { gitCommit: description.gitCommit }),
      ...(request.description === undefined ? {} : { description: request.description }),
      ...(evaluation === undefined ? {} : { evaluation }),
    },
    signal,
  })
  if (description.run !== null) {
    await client.runs.linkToRun({
      params: { project, run: description.run },
      body: { outputs: [`model:${name}@${version.version}`] },
      signal,
    })
  }
  return { version, isNew: true }
}

/** The version with the same model.onnx, if it is among the last hundred. */
async function findSame({
  client,
  project,
  name,
  model,
  signal,
}: RegisterRequest): Promise<Version | undefined> {
  const digest = await sha256OfFile(join(model, 'model.onnx')).catch(() => {
    throw invalid(`There is no ${join(model, 'model.onnx')}. Train the model first.`)
  })
  const { items } = await client.models.listModels({ params: { project }, query: { limit: 1000 } })
  if (!items.some((item) => item.name === name)) return undefined
  const versions = await client.models.listVersions({
    params: { project, model: name },
    query: { limit: 100 },
    signal,
  })
  return versions.items.find(({ files }) =>
    files.some(({ path, sha256 }) => path === 'model.onnx' && sha256 === digest),
  )
}

async function uploadFiles({
  client,
  project,
  name,
  model,
}: RegisterRequest): Promise<VersionFile[]> {
  const files: VersionFile[] = []
  for (const path of modelFiles) {
    const source = join(model, path)
    if ((await stat(source).catch(() => undefined)) === undefined) continue
    const { sha256, sizeBytes } = await client.models.uploadModelFile({
      params: { project, model: name },
      query: { sha256: await sha256OfFile(source) },
      body: createReadStream(source),
    })
    files.push({ path, sha256, sizeBytes })
  }
  return files
}

async function readEvaluation(path: string | undefined): Promise<Evaluation | undefined> {
  if (path === undefined) return undefined
  const text = await readFile(path, 'utf8').catch(() => {
    throw invalid(`There is no evaluation ${path}. Make one with \`gyre models evaluate\`.`)
  })
  try {
    return JSON.parse(text) as Evaluation
  } catch (thrown) {
    throw invalid(`${path} is not valid JSON: ${(thrown as Error).message}`)
  }
}
