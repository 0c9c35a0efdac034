import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { invalid } from '#kernel/errors'
import type { LoadedModel, ModelRuntime } from '#ports/model-runtime/model-runtime'
import { type DirectScorer, directTrees, mostDirectRows } from './direct-trees.ts'
import { checkSignature, type Signature } from './signature.ts'

type OnnxApi = typeof import('onnxruntime-node')

/**
 * One thread and no spinning: a model of tables runs in microseconds, and more threads make it
 * slower (a forest of 100 trees takes twice the time with two). Only errors are logged.
 */
const sessionOptions: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  logSeverityLevel: 4,
  extra: {
    session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } },
  },
}

/** Models in ONNX, by the library's CPU provider, which is loaded with the first model. */
export function createOnnxRuntime(): ModelRuntime {
  return {
    format: 'onnx',
    async load(model) {
      if (model.byteLength === 0) throw invalid('The model is empty, so it is not ONNX.')
      const api = await import('onnxruntime-node')
      const session = await openSession(api, model)
      try {
        const loaded = new OnnxModel(api, session, checkSignature(session))
        await loaded.prepare(model)
        return loaded
      } catch (thrown) {
        await session.release()
        throw thrown
      }
    },
  }
}

async function openSession(api: OnnxApi, model: Uint8Array): Promise<InferenceSession> {
  try {
    return await api.InferenceSession.create(model, sessionOptions)
  } catch (thrown) {
    const text = thrown instanceof Error ? thrown.message : String(thrown)
    throw invalid(`The model cannot be loaded as ONNX: ${text.trim().slice(0, 500)}`)
  }
}

/**
 * The library's `run` computes on the event loop, so large batches are cut into slices of some
 * milliseconds between which others get their turn.
 */
const rowsPerSlice = 2048

class OnnxModel implements LoadedModel {
  readonly inputs: LoadedModel['inputs']
  readonly outputs: LoadedModel['outputs']
  readonly #api: OnnxApi
  readonly #session: InferenceSession
  readonly #signature: Signature
  #direct: DirectScorer | undefined
  #released = false

  constructor(api: OnnxApi, session: InferenceSession, signature: Signature) {
    this.#api = api
    this.#session = session
    this.#signature = signature
    this.inputs = [signature.input]
    this.outputs = [signature.output]
  }

  /** Finds a faster way for few rows, where the model has one. */
  async prepare(model: Uint8Array): Promise<void> {
    const width = this.#signature.input.shape[1] ?? -1
    if (width < 1) return
    this.#direct = await directTrees(model, width, (input, rows) => this.run(input, rows))
  }

  runNow(input: Float32Array, rows: number): Float32Array | undefined {
    if (this.#direct === undefined || rows > mostDirectRows || this.#released) return undefined
    // What is wrong with the input, `run` says.
    if (input.length !== rows * (this.#signature.input.shape[1] ?? -1)) return undefined
    return this.#direct(input, rows)
  }

  async run(input: Float32Array, rows: number): Promise<Float32Array> {
    const width = this.#width(input, rows)
    if (rows === 0) return new Float32Array(0)
    if (rows <= rowsPerSlice) return this.#runSlice(input, rows, width)
    let answer: Float32Array | undefined
    for (let row = 0; row < rows; row += rowsPerSlice) {
      const count = Math.min(rowsPerSlice, rows - row)
      const slice = input.subarray(row * width, (row + count) * width)
      const part = await this.#runSlice(slice, count, width)
      const columns = part.length / count
      answer ??= new Float32Array(rows * columns)
      answer.set(part, row * columns)
    }
    return answer ?? new Float32Array(0)
  }

  async release(): Promise<void> {
    if (this.#released) return
    this.#released = true
    await this.#session.release()
  }

  async #runSlice(input: Float32Array, rows: number, width: number): Promise<Float32Array> {
    if (this.#released) throw invalid('The model was released already.')
    const {
      input: { name: inputName },
      output: { name: outputName },
    } = this.#signature
    const tensor = new this.#api.Tensor('float32', input, [rows, width])
    let results: Record<string, Tensor>
    try {
      results = await this.#session.run({ [inputName]: tensor }, [outputName])
    } catch (thrown) {
      const text = thrown instanceof Error ? thrown.message : String(thrown)
      throw invalid(`The model failed on its input: ${text.trim().slice(0, 500)}`)
    }
    const values = results[outputName]?.data as Float32Array
    if (values.length % rows === 0) return values
    throw invalid(
      `The model gave ${values.length} values for ${rows} rows; it must give the same for each row.`,
    )
  }

  #width(input: Float32Array, rows: number): number {
    const declared = this.#signature.input.shape[1] ?? -1
    const width = declared === -1 && rows > 0 ? input.length / rows : declared
    if (Number.isSafeInteger(rows) && rows >= 0 && input.length === rows * Math.trunc(width)) {
      return width
    }
    throw invalid(
      `The model takes ${declared === -1 ? 'any number of' : declared} features for each row, ` +
        `but got ${input.length} values for ${rows} rows.`,
    )
  }
}
