import { invalid } from '#kernel/errors'
import type { Datatype, InferInput } from './wire.ts'

/** A tensor's elements in row-major order. BYTES come as texts. */
export interface Tensor {
  name: string
  shape: number[]
  values: Float64Array | Float32Array | string[]
}

const sizes: Readonly<Record<Exclude<Datatype, 'BYTES'>, number>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  BF16: 2,
  FP32: 4,
  FP64: 8,
}

/**
 * Reads the tensors of a request, from its JSON or from the bytes after it, in their order. Errors:
 * `invalid` names the tensor and what is wrong.
 */
export function readTensors(inputs: readonly InferInput[], binary: Buffer): Tensor[] {
  let offset = 0
  const tensors = inputs.map((input) => {
    const size = input.parameters?.['binary_data_size']
    if (size === undefined) return tensorFromJson(input)
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      throw wrong(input, `binary_data_size is ${JSON.stringify(size)}`)
    }
    if (offset + size > binary.length) {
      throw wrong(
        input,
        `its ${size} bytes end after the body, which has ${binary.length - offset} left`,
      )
    }
    const bytes = binary.subarray(offset, offset + size)
    offset += size
    return tensorFromBytes(input, bytes)
  })
  if (offset === binary.length) return tensors
  throw invalid(`The body has ${binary.length - offset} bytes that belong to no tensor.`)
}

function wrong(input: Pick<InferInput, 'name'>, problem: string): Error {
  return invalid(`Input ${JSON.stringify(input.name)}: ${problem}.`)
}

function elementCount({ name, shape }: Pick<InferInput, 'name' | 'shape'>): number {
  const count = shape.reduce((product, size) => product * size, 1)
  if (count <= 2 ** 27) return count
  throw wrong({ name }, `its shape [${shape.join(', ')}] has too many elements`)
}

function tensorFromJson(input: InferInput): Tensor {
  const { name, shape, datatype, data } = input
  const count = elementCount(input)
  if (!Array.isArray(data)) throw wrong(input, 'data must be a list, or binary_data_size be given')
  const flat = isFlat(data) ? data : (data.flat(Infinity) as unknown[])
  if (flat.length !== count) {
    throw wrong(
      input,
      `its shape [${shape.join(', ')}] has ${count} elements, its data ${flat.length}`,
    )
  }
  if (datatype === 'BYTES') {
    return { name, shape, values: flat.map((value, i) => textOf(input, value, i)) }
  }
  const values = new Float64Array(count)
  for (let i = 0; i < count; i++) values[i] = numberOf(input, flat[i], i)
  return { name, shape, values }
}

function isFlat(data: readonly unknown[]): boolean {
  for (let i = 0; i < data.length; i++) if (typeof data[i] === 'object') return !hasLists(data)
  return true
}

function hasLists(data: readonly unknown[]): boolean {
  return data.some((value) => Array.isArray(value))
}

function numberOf(input: InferInput, value: unknown, i: number): number {
  if (typeof value === 'number') return value
  if (value === null) return Number.NaN
  if (typeof value === 'boolean' && input.datatype === 'BOOL') return value ? 1 : 0
  throw wrong(
    input,
    `element ${i} is ${JSON.stringify(value)?.slice(0, 60)}, not ${input.datatype}`,
  )
}

function textOf(input: InferInput, value: unknown, i: number): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw wrong(input, `element ${i} is ${JSON.stringify(value)?.slice(0, 60)}, not a text`)
}

function tensorFromBytes(input: InferInput, bytes: Buffer): Tensor {
  const { name, shape, datatype } = input
  const count = elementCount(input)
  if (datatype === 'BYTES') return { name, shape, values: readTexts(input, bytes, count) }
  const expected = count * sizes[datatype]
  if (bytes.length !== expected) {
    throw wrong(
      input,
      `[${shape.join(', ')}] of ${datatype} takes ${expected} bytes, not ${bytes.length}`,
    )
  }
  return { name, shape, values: numbersFromBytes(datatype, bytes, count) }
}

/** Little-endian and row-major, whatever this machine is. */
export function numbersFromBytes(
  datatype: Exclude<Datatype, 'BYTES'>,
  bytes: Buffer,
  count: number,
): Float64Array | Float32Array {
  if (datatype === 'FP32') {
    // A copy is aligned, and independent of the request's buffer.
    const copy = new Float32Array(count)
    Buffer.from(copy.buffer).set(bytes)
    return copy
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const read = readers[datatype]
  const size = sizes[datatype]
  return Float64Array.from({ length: count }, (_, i) => read(view, i * size))
}

const readers: Readonly<
  Record<Exclude<Datatype, 'BYTES' | 'FP32'>, (view: DataView, offset: number) => number>
> = {
  BOOL: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
  UINT8: (view, at) => view.getUint8(at),
  UINT16: (view, at) => view.getUint16(at, true),
  UINT32: (view, at) => view.getUint32(at, true),
  UINT64: (view, at) => Number(view.getBigUint64(at, true)),
  INT8: (view, at) => view.getInt8(at),
  INT16: (view, at) => view.getInt16(at, true),
  INT32: (view, at) => view.getInt32(at, true),
  INT64: (view, at) => Number(view.getBigInt64(at, true)),
  FP16: (view, at) => view.getFloat16(at, true),
  BF16: (view, at) => brainFloat(view.getUint16(at, true)),
  FP64: (view, at) => view.getFloat64(at, true),
}

/** The upper half of a 32-bit float. */
function brainFloat(bits: number): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setUint32(0, bits << 16)
  return view.getFloat32(0)
}

/** Each text: its length in four bytes, then its UTF-8. */
function readTexts(input: InferInput, bytes: Buffer, count: number): string[] {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const texts: string[] = []
  let offset = 0
  for (let i = 0; i < count; i++) {
    const length = offset + 4 <= bytes.length ? bytes.readUInt32LE(offset) : Number.NaN
    if (!(offset + 4 + length <= bytes.length)) {
      throw wrong(input, `element ${i} of its BYTES ends after its ${bytes.length} bytes`)
    }
    try {
      texts.push(decoder.decode(bytes.subarray(offset + 4, offset + 4 + length)))
    } catch {
      throw wrong(input, `element ${i} is not valid UTF-8`)
    }
    offset += 4 + length
  }
  if (offset === bytes.length) return texts
  throw wrong(input, `${bytes.length - offset} of its bytes belong to no element`)
}

/** Floats as little-endian bytes. */
export function bytesOfFloats(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength)
}
