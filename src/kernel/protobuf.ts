/** Wire types of the Protocol Buffers encoding that are in use. */
const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const FIXED32 = 5

/** Builds one message; fields may repeat. Numbers are those of the .proto file. */
export class MessageWriter {
  #bytes = new Uint8Array(256)
  #length = 0

  /** int32, int64, bool or enum field; whole numbers up to 2^53. */
  integer(field: number, value: number): this {
    this.#tag(field, VARINT)
    this.#varint(value)
    return this
  }

  /** Any varint as it was read: 64 bits, however it is meant. */
  wide(field: number, value: bigint): this {
    this.#tag(field, VARINT)
    this.#wideVarint(value)
    return this
  }

  /** 4 or 8 bytes as they were read. */
  fixed(field: number, value: Uint8Array): this {
    this.#tag(field, value.length === 8 ? FIXED64 : FIXED32)
    this.#append(value)
    return this
  }

  /** float field. */
  float(field: number, value: number): this {
    this.#tag(field, FIXED32)
    this.#append(new Uint8Array(Float32Array.of(value).buffer))
    return this
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value))
  }

  /** A nested message, or bytes. */
  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, LENGTH_DELIMITED)
    this.#varint(value.length)
    this.#append(value)
    return this
  }

  /** A packed repeated float field. */
  floats(field: number, values: readonly number[]): this {
    return this.bytes(field, new Uint8Array(Float32Array.from(values).buffer))
  }

  /** A packed repeated int64 field of whole numbers up to 2^53. */
  integers(field: number, values: readonly number[]): this {
    const packed = new MessageWriter()
    for (const value of values) packed.#varint(value)
    return this.bytes(field, packed.finish())
  }

  /** The bytes of the message. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType)
  }

  #varint(value: number): void {
    // A negative number is written as its 64-bit two's complement, as int64 wants.
    this.#wideVarint(BigInt(value))
  }

  #wideVarint(value: bigint): void {
    let rest = BigInt.asUintN(64, value)
    while (rest > 127n) {
      this.#push(Number(rest & 127n) | 128)
      rest >>= 7n
    }
    this.#push(Number(rest))
  }

  #push(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}

/** One field as found on the wire: a number for varints, bytes for the rest (4 or 8 of the fixed). */
export type WireField =
  | { field: number; kind: 'varint'; value: bigint }
  | { field: number; kind: 'bytes'; value: Uint8Array }
  | { field: number; kind: 'fixed'; value: Uint8Array }

/**
 * Reads the fields of one message in order, without copying.
 *
 * Errors: `MalformedMessage` for bytes that are not a message.
 */
export function* readMessage(bytes: Uint8Array): Generator<WireField> {
  const cursor = { bytes, position: 0 }
  while (cursor.position < bytes.length) {
    const tag = readVarint(cursor)
    const field = Number(tag >> 3n)
    if (field === 0) throw new MalformedMessage(`field number 0 at byte ${cursor.position}`)
    yield readField(cursor, field, Number(tag & 7n))
  }
}

/** Text of a length-delimited field. Errors: `MalformedMessage` when it is not UTF-8. */
export function readText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new MalformedMessage('a text that is not UTF-8')
  }
}

/** Why some bytes are not a Protocol Buffers message; callers turn it into their own error. */
export class MalformedMessage extends Error {}

interface Cursor {
  bytes: Uint8Array
  position: number
}

function readField(cursor: Cursor, field: number, wireType: number): WireField {
  switch (wireType) {
    case VARINT:
      return { field, kind: 'varint', value: BigInt.asIntN(64, readVarint(cursor)) }
    case LENGTH_DELIMITED:
      return { field, kind: 'bytes', value: take(cursor, Number(readVarint(cursor))) }
    case FIXED64:
      return { field, kind: 'fixed', value: take(cursor, 8) }
    case FIXED32:
      return { field, kind: 'fixed', value: take(cursor, 4) }
    default:
      throw new MalformedMessage(`wire type ${wireType} at byte ${cursor.position}`)
  }
}

function readVarint(cursor: Cursor): bigint {
  const first = cursor.bytes[cursor.position]
  if (first !== undefined && first < 128) {
    cursor.position++
    return BigInt(first)
  }
  let value = 0n
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = cursor.bytes[cursor.position++]
    if (byte === undefined) throw new MalformedMessage('it ends in the middle of a number')
    value |= BigInt(byte & 127) << shift
    if (byte < 128) return value
  }
  throw new MalformedMessage(`a number of more than ten bytes at byte ${cursor.position}`)
}

function take(cursor: Cursor, length: number): Uint8Array {
  const end = cursor.position + length
  if (end > cursor.bytes.length) {
    throw new MalformedMessage(`it ends ${end - cursor.bytes.length} bytes too early`)
  }
  const taken = cursor.bytes.subarray(cursor.position, end)
  cursor.position = end
  return taken
}
