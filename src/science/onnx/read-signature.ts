import { invalid } from '#kernel/errors'
import { MalformedMessage, readMessage, readText } from '#kernel/protobuf'
import type { WireField } from '#kernel/protobuf'

/** One input or output of a model. */
export interface TensorSignature {
  name: string
  /** Open Inference name (FP32, INT64, BYTES, …), or SEQUENCE, MAP, OPTIONAL, SPARSE for non-tensors. */
  datatype: string
  /** A number, the name of a free dimension, or null for a free one without name. */
  shape: (number | string | null)[]
}

/** What a model takes and gives. */
export interface OnnxSignature {
  inputs: TensorSignature[]
  outputs: TensorSignature[]
  metadata: Record<string, string>
}

/** Open Inference names by `TensorProto.DataType`. */
const DATATYPES: Readonly<Record<number, string>> = {
  1: 'FP32',
  2: 'UINT8',
  3: 'INT8',
  4: 'UINT16',
  5: 'INT16',
  6: 'INT32',
  7: 'INT64',
  8: 'BYTES',
  9: 'BOOL',
  10: 'FP16',
  11: 'FP64',
  12: 'UINT32',
  13: 'UINT64',
  16: 'BF16',
}

/** What the field of `TypeProto` says when the value is not a tensor. */
const NON_TENSORS: Readonly<Record<number, string>> = {
  4: 'SEQUENCE',
  5: 'MAP',
  8: 'SPARSE',
  9: 'OPTIONAL',
}

/**
 * Reads inputs, outputs and metadata of an ONNX model without loading its weights. Initializers
 * that old exporters list among the inputs are left out.
 *
 * Errors: `invalid` for bytes that are not an ONNX model, saying what is wrong with them.
 */
export function readOnnxSignature(bytes: Uint8Array): OnnxSignature {
  try {
    return readModel(bytes)
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    throw invalid(
      `These ${bytes.length} bytes are not an ONNX model: ${error.message}. Give the .onnx file as exported.`,
    )
  }
}

function readModel(bytes: Uint8Array): OnnxSignature {
  const metadata: Record<string, string> = {}
  let graph: Uint8Array | undefined
  let irVersion: bigint | undefined
  let operatorSets = 0
  for (const field of readMessage(bytes)) {
    if (field.field === 1 && field.kind === 'varint') irVersion = field.value
    else if (field.field === 7) graph = bytesOf(field, 'graph')
    else if (field.field === 8) operatorSets++
    else if (field.field === 14) {
      const [key, value] = readEntry(bytesOf(field, 'metadata_props'))
      metadata[key] = value
    }
  }
  if (irVersion === undefined || irVersion < 1n) throw new MalformedMessage('it has no IR version')
  if (graph === undefined) throw new MalformedMessage('it has no graph')
  if (operatorSets === 0) throw new MalformedMessage('it names no operator set')
  return { ...readGraph(graph), metadata }
}

function readGraph(bytes: Uint8Array): Omit<OnnxSignature, 'metadata'> {
  const initializers = new Set<string>()
  const inputs: TensorSignature[] = []
  const outputs: TensorSignature[] = []
  for (const field of readMessage(bytes)) {
    if (field.field === 5) initializers.add(readName(bytesOf(field, 'initializer'), 8))
    else if (field.field === 11) inputs.push(readValue(bytesOf(field, 'input')))
    else if (field.field === 12) outputs.push(readValue(bytesOf(field, 'output')))
  }
  if (outputs.length === 0) throw new MalformedMessage('its graph has no outputs')
  return { inputs: inputs.filter((input) => !initializers.has(input.name)), outputs }
}

function readValue(bytes: Uint8Array): TensorSignature {
  let name = ''
  let type: Pick<TensorSignature, 'datatype' | 'shape'> = { datatype: 'UNKNOWN', shape: [] }
  for (const field of readMessage(bytes)) {
    if (field.field === 1) name = readText(bytesOf(field, 'name'))
    else if (field.field === 2) type = readType(bytesOf(field, 'type'))
  }
  if (name === '') throw new MalformedMessage('an input or output has no name')
  return { name, ...type }
}

function readType(bytes: Uint8Array): Pick<TensorSignature, 'datatype' | 'shape'> {
  for (const field of readMessage(bytes)) {
    if (field.field === 1) return readTensorType(bytesOf(field, 'tensor_type'))
    const other = NON_TENSORS[field.field]
    if (other !== undefined) return { datatype: other, shape: [] }
  }
  return { datatype: 'UNKNOWN', shape: [] }
}

function readTensorType(bytes: Uint8Array): Pick<TensorSignature, 'datatype' | 'shape'> {
  let datatype = 'UNKNOWN'
  let shape: TensorSignature['shape'] = []
  for (const field of readMessage(bytes)) {
    if (field.field === 1 && field.kind === 'varint') {
      datatype = DATATYPES[Number(field.value)] ?? 'UNKNOWN'
    } else if (field.field === 2) {
      shape = [...readMessage(bytesOf(field, 'shape'))].map((dimension) =>
        readDimension(bytesOf(dimension, 'dim')),
      )
    }
  }
  return { datatype, shape }
}

function readDimension(bytes: Uint8Array): number | string | null {
  for (const field of readMessage(bytes)) {
    if (field.field === 1 && field.kind === 'varint') {
      // Some exporters write 0 or -1 for "any".
      return field.value > 0n ? Number(field.value) : null
    }
    if (field.field === 2) return readText(bytesOf(field, 'dim_param')) || null
  }
  return null
}

function readEntry(bytes: Uint8Array): [string, string] {
  return [readName(bytes, 1), readName(bytes, 2)]
}

/** The text in a field of a message, empty when absent. */
function readName(bytes: Uint8Array, number: number): string {
  let name = ''
  for (const field of readMessage(bytes)) {
    if (field.field === number) name = readText(bytesOf(field, 'name'))
  }
  return name
}

function bytesOf(field: WireField, name: string): Uint8Array {
  if (field.kind === 'bytes') return field.value
  throw new MalformedMessage(`its field "${name}" holds a number`)
}
