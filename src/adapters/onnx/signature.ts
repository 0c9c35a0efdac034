import type { InferenceSession } from 'onnxruntime-node'
import { invalid } from '#kernel/errors'
import type { TensorInfo } from '#ports/model-runtime/model-runtime'

export interface Signature {
  /** float32 [rows, features]. */
  input: TensorInfo
  /** float32 [rows] or [rows, columns]. */
  output: TensorInfo
}

const datatypes: Readonly<Record<string, string>> = {
  float32: 'FP32',
  float64: 'FP64',
  float16: 'FP16',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  bool: 'BOOL',
  string: 'BYTES',
}

/**
 * What the model takes and gives. Of several outputs the first float32 one counts: a classifier's
 * labels follow from its probabilities. Throws `invalid` that says what does not fit, and what to do.
 */
export function checkSignature(session: InferenceSession): Signature {
  return { input: inputOf(session.inputMetadata), output: outputOf(session.outputMetadata) }
}

function inputOf(all: readonly InferenceSession.ValueMetadata[]): TensorInfo {
  const [only] = all
  if (only === undefined || all.length !== 1) {
    const names = all.map((one) => one.name).join(', ')
    throw invalid(
      `The model has ${all.length} inputs (${names}). Export it with one float32 input [rows, features].`,
    )
  }
  const info = tensorInfo(only)
  if (info?.datatype === 'FP32' && info.shape.length === 2 && info.shape[0] === -1) return info
  throw invalid(
    `The model's input ${describe(only, info)} is not float32 [rows, features] with a free number of rows. ` +
      'Export it that way.',
  )
}

function outputOf(all: readonly InferenceSession.ValueMetadata[]): TensorInfo {
  const odd = all.find((one) => !one.isTensor)
  if (odd !== undefined) {
    throw invalid(
      `The model's output "${odd.name}" is not a tensor. Export it without maps (scikit-learn: zipmap=False).`,
    )
  }
  for (const one of all) {
    const info = tensorInfo(one)
    if (info?.datatype === 'FP32' && info.shape.length <= 2) return info
  }
  const found = all.map((one) => describe(one, tensorInfo(one))).join(', ')
  throw invalid(`The model gives ${found}, but no float32 [rows] or [rows, columns]. Export it so.`)
}

function tensorInfo(value: InferenceSession.ValueMetadata): TensorInfo | undefined {
  if (!value.isTensor) return undefined
  return {
    name: value.name,
    datatype: datatypes[value.type] ?? value.type.toUpperCase(),
    shape: value.shape.map((size) => (typeof size === 'number' ? size : -1)),
  }
}

function describe(value: InferenceSession.ValueMetadata, info: TensorInfo | undefined): string {
  if (info === undefined) return `"${value.name}" (no tensor)`
  return `"${info.name}" (${info.datatype} [${info.shape.join(', ')}])`
}
