import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { invalid } from '#kernel/errors'
import type { Json, JsonObject } from '#kernel/json'
import type { ModelSignature } from '#domains/models/index'

/** model.json of a directory that `gyre train` wrote. */
export interface ModelDescription {
  learner: string
  options: Record<string, Json>
  features: string[]
  target: string
  signature: ModelSignature
  data: { path: string; sha256: string; rows: number; positives: number }
  /** Data and feature versions that it was trained on. */
  inputs: string[]
  featureService: string | null
  gitCommit: string | null
  run: string | null
  /** What it learned, for people. */
  model: JsonObject
}

/** The files of a model, in the order in which they are written. */
export const modelFiles = [
  'model.onnx',
  'sample.parquet',
  'profile.json',
  'metrics.json',
  'model.json',
] as const

/** Reads model.json. Errors: `invalid` when the directory is not a model's. */
export async function readModelDescription(directory: string): Promise<ModelDescription> {
  const path = join(directory, 'model.json')
  const text = await readFile(path, 'utf8').catch(() => {
    throw invalid(
      `There is no ${path}. Name a directory that \`gyre train\` wrote, or write model.json and model.onnx yourself.`,
    )
  })
  const parsed = parseJson(text, path) as Partial<ModelDescription> | null
  const { features, target, learner } = parsed ?? {}
  if (!Array.isArray(features) || features.length === 0) {
    throw invalid(`${path} does not name the model's features.`)
  }
  return {
    learner: learner ?? 'unknown',
    options: parsed?.options ?? {},
    features,
    target: target ?? '',
    signature: parsed?.signature ?? signatureOf(features),
    data: parsed?.data ?? { path: '', sha256: '', rows: 0, positives: 0 },
    inputs: parsed?.inputs ?? [],
    featureService: parsed?.featureService ?? null,
    gitCommit: parsed?.gitCommit ?? null,
    run: parsed?.run ?? null,
    model: parsed?.model ?? {},
  }
}

export function signatureOf(features: readonly string[]): ModelSignature {
  return {
    inputs: features.map((name) => ({ name, type: 'number' as const })),
    outputs: [{ name: 'probability', type: 'number' }],
  }
}

/** The model itself. Errors: `invalid` when it is not there. */
export async function readOnnx(directory: string): Promise<Uint8Array> {
  const path = join(directory, 'model.onnx')
  return readFile(path).catch(() => {
    throw invalid(`There is no ${path}. Train the model first.`)
  })
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    throw invalid(`${path} is not valid JSON: ${(thrown as Error).message}`)
  }
}
