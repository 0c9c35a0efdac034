import { parse } from 'yaml'
import type { Context } from '#domains/access/index'
import type { ModelSignature, VersionFile } from './model.ts'

/** What the file `MLmodel` beside a model says of it. */
export interface ModelFacts {
  /** The library that made it, such as `sklearn`; `mlflow` when that is not told. */
  flavour: string
  /** Empty when the client logged none. */
  signature: ModelSignature
}

const unknown: ModelFacts = { flavour: 'mlflow', signature: { inputs: [], outputs: [] } }
const longestBytes = 4 * 1024 * 1024

/** Reads the `MLmodel` among the files. What cannot be read there tells nothing. */
export async function readModelFacts(
  ctx: Context,
  files: readonly VersionFile[],
): Promise<ModelFacts> {
  const file = files.find(({ path }) => path === 'MLmodel')
  if (file === undefined || file.sizeBytes > longestBytes) return unknown
  const text = new TextDecoder().decode(await ctx.blobs.readAll(file.sha256))
  return modelFacts(text)
}

/** Reads the text of an `MLmodel`. Pure. */
export function modelFacts(text: string): ModelFacts {
  const document = objectOf(readYaml(text))
  const flavours = Object.keys(objectOf(document['flavors']))
  const signature = objectOf(document['signature'])
  return {
    flavour: flavours.find((name) => name !== 'python_function') ?? flavours[0] ?? unknown.flavour,
    signature: {
      inputs: columnsOf(signature['inputs']),
      outputs: columnsOf(signature['outputs']),
    },
  }
}

/** A file that is no YAML is somebody's file of that name. */
function readYaml(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0, logLevel: 'silent' })
  } catch {
    return undefined
  }
}

/** MLflow keeps each side of a signature as JSON in a text. */
function columnsOf(side: unknown): ModelSignature['inputs'] {
  if (typeof side !== 'string') return []
  const columns = readYaml(side)
  if (!Array.isArray(columns)) return []
  return columns.map((column, index) => {
    const { name, type, ...rest } = objectOf(column)
    const spec = objectOf(rest['tensor-spec'])
    const shape = Array.isArray(spec['shape']) ? `[${spec['shape'].join(',')}]` : ''
    const tensor =
      typeof spec['dtype'] === 'string' ? `tensor(${spec['dtype']})${shape}` : undefined
    return {
      name: typeof name === 'string' ? name : String(index),
      type: tensor ?? (typeof type === 'string' ? type : 'unknown'),
    }
  })
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}
