import { GyreError } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { externalFiles, inlineData } from '#science/onnx/inline-data'
import { type OnnxSignature, readOnnxSignature } from '#science/onnx/read-signature'
import type { Context } from '#domains/access/index'
import { authorizeModel } from './authorize-model.ts'
import { findVersion } from './find-model.ts'
import type { ModelSignature, VersionFile } from './model.ts'
import { readModels } from './store.ts'
import { readVersionFile } from './version-files.ts'

const onnxFile = 'model.onnx'

/**
 * A version's model as one file that runs by itself: weights in files beside it are put into it.
 * Errors: `not_found` where it is no ONNX, `invalid`.
 */
export async function readOnnx(
  ctx: Context,
  input: { project: string; model: string; version: string | number },
): Promise<Uint8Array> {
  authorizeModel(ctx, 'viewer', input)
  const model = await readVersionFile(ctx, { ...input, path: onnxFile })
  const beside = externalFiles(model)
  if (beside.length === 0) return model
  const row = await findVersion(readModels(ctx), input.project, input.model, input.version)
  return withWeights(ctx, model, parseStored<VersionFile[]>(row.files), beside)
}

/** Weights are beside a larger one. */
const mostRead = 256 * 1024 * 1024

/**
 * The names of the columns that an ONNX among these files takes, `X_0`, `X_1` … of the tensor `X`, or
 * those that the signature names when they are as many; undefined where there is none to be served.
 */
export async function onnxFeatures(
  ctx: Context,
  files: readonly VersionFile[],
  signature: ModelSignature,
): Promise<string[] | undefined> {
  const file = files.find(({ path }) => path === onnxFile)
  if (file === undefined || file.sizeBytes > mostRead) return undefined
  const [input, ...others] = inputsOf(await ctx.blobs.readAll(file.sha256))
  if (input === undefined || others.length > 0 || input.shape.length !== 2) return undefined
  const width = input.shape[1]
  const named = signature.inputs.map(({ name }) => name)
  if (typeof width !== 'number' || named.length === width) return named
  return Array.from({ length: width }, (_, column) => `${input.name}_${column}`)
}

/** A file of that name may be anything. */
function inputsOf(content: Uint8Array): OnnxSignature['inputs'] {
  try {
    return readOnnxSignature(content).inputs
  } catch (thrown) {
    if (thrown instanceof GyreError && thrown.code === 'invalid') return []
    throw thrown
  }
}

async function withWeights(
  ctx: Context,
  model: Uint8Array,
  files: readonly VersionFile[],
  beside: readonly string[],
): Promise<Uint8Array> {
  const contents = new Map<string, Uint8Array>()
  for (const path of beside) {
    const file = files.find((each) => each.path === path)
    if (file !== undefined) contents.set(path, await ctx.blobs.readAll(file.sha256))
  }
  return inlineData(model, contents)
}
