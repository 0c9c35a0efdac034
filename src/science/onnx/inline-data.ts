import { invalid } from '#kernel/errors'
import {
  MalformedMessage,
  MessageWriter,
  readMessage,
  readText,
  type WireField,
} from '#kernel/protobuf'

/** Fields of `ModelProto`, `GraphProto` and `TensorProto`. */
const GRAPH = 7
const INITIALIZER = 5
const RAW_DATA = 9
const EXTERNAL_DATA = 13
const DATA_LOCATION = 14

/** A part of a file beside the model; undefined length: to its end. */
interface Place {
  location: string
  offset: number
  length: number | undefined
}

/**
 * The files beside an ONNX model that its weights are in, as newer exporters write them (`onnx.save`
 * with external data, MLflow's default). None for a model that is whole. Errors: `invalid`.
 */
export function externalFiles(model: Uint8Array): string[] {
  return readable(() => {
    const found = new Set<string>()
    for (const tensor of tensorsOf(model)) {
      const place = placeOf(tensor)
      if (place !== undefined) found.add(place.location)
    }
    return [...found]
  })
}

/**
 * The same model with its weights inside. `files` are those of `externalFiles`. Errors: `invalid` for
 * a part that is not there.
 */
export function inlineData(model: Uint8Array, files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  return readable(() =>
    rewritten(model, GRAPH, (graph) =>
      rewritten(graph, INITIALIZER, (tensor) => inlined(tensor, files)),
    ),
  )
}

function* tensorsOf(model: Uint8Array): Generator<Uint8Array> {
  for (const graph of readMessage(model)) {
    if (graph.field !== GRAPH || graph.kind !== 'bytes') continue
    for (const tensor of readMessage(graph.value)) {
      if (tensor.field === INITIALIZER && tensor.kind === 'bytes') yield tensor.value
    }
  }
}

function placeOf(tensor: Uint8Array): Place | undefined {
  const entries = new Map<string, string>()
  for (const field of readMessage(tensor)) {
    if (field.field !== EXTERNAL_DATA || field.kind !== 'bytes') continue
    const [key = '', value = ''] = [1, 2].map((number) => textIn(field.value, number))
    entries.set(key, value)
  }
  const location = entries.get('location')
  if (location === undefined) return undefined
  const length = entries.get('length')
  return {
    location,
    offset: Number(entries.get('offset') ?? 0),
    length: length === undefined ? undefined : Number(length),
  }
}

function textIn(message: Uint8Array, number: number): string {
  for (const field of readMessage(message)) {
    if (field.field === number && field.kind === 'bytes') return readText(field.value)
  }
  return ''
}

function inlined(tensor: Uint8Array, files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const place = placeOf(tensor)
  if (place === undefined) return tensor
  const { location, offset, length } = place
  const file = files.get(location)
  const end = length === undefined ? file?.length : offset + length
  if (file === undefined || end === undefined || !(offset >= 0 && end <= file.length)) {
    throw invalid(
      `The model's weights are in ${JSON.stringify(location.slice(0, 200))} beside it, which is not ` +
        'there or ends too early. Log the model with all its files.',
    )
  }
  const writer = new MessageWriter()
  for (const field of readMessage(tensor)) {
    if (![RAW_DATA, EXTERNAL_DATA, DATA_LOCATION].includes(field.field)) copy(writer, field)
  }
  return writer.bytes(RAW_DATA, file.subarray(offset, end)).finish()
}

/** The message with each of one of its fields made anew. */
function rewritten(
  message: Uint8Array,
  number: number,
  make: (value: Uint8Array) => Uint8Array,
): Uint8Array {
  const writer = new MessageWriter()
  for (const field of readMessage(message)) {
    if (field.field === number && field.kind === 'bytes') writer.bytes(number, make(field.value))
    else copy(writer, field)
  }
  return writer.finish()
}

function copy(writer: MessageWriter, field: WireField): void {
  if (field.kind === 'bytes') writer.bytes(field.field, field.value)
  else if (field.kind === 'varint') writer.wide(field.field, field.value)
  else writer.fixed(field.field, field.value)
}

function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    if (!(thrown instanceof MalformedMessage)) throw thrown
    throw invalid(`The model is not ONNX: ${thrown.message}.`)
  }
}
