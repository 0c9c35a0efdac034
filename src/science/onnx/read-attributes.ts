import { readMessage, readText } from '#kernel/protobuf'

/** Attributes of an operator by name: its numbers, or its texts. */
export interface NodeAttributes {
  numbers: Map<string, ArrayLike<number>>
  texts: Map<string, string[]>
}

/** Reads AttributeProto messages; tensors, graphs and the like are left out. */
export function readAttributes(messages: readonly Uint8Array[]): NodeAttributes {
  const read: NodeAttributes = { numbers: new Map(), texts: new Map() }
  for (const message of messages) {
    const { name, numbers, texts } = readAttribute(message)
    if (texts.length > 0) read.texts.set(name, texts)
    else read.numbers.set(name, numbers)
  }
  return read
}

/** Lists come packed, as one run of bytes, or as a field for each element. */
function readAttribute(message: Uint8Array): {
  name: string
  numbers: number[]
  texts: string[]
} {
  let name = ''
  let numbers: number[] = []
  const texts: string[] = []
  for (const field of readMessage(message)) {
    if (field.kind === 'varint') {
      if (field.field === 3 || field.field === 8) numbers.push(Number(field.value))
    } else if (field.field === 1) name = readText(field.value)
    else if (field.field === 4 || field.field === 9) texts.push(readText(field.value))
    else if (field.field === 2 || field.field === 7) numbers = numbers.concat(floatsIn(field.value))
    else if (field.field === 8) numbers = numbers.concat(integersIn(field.value))
  }
  return { name, numbers, texts }
}

function floatsIn(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) =>
    view.getFloat32(4 * i, true),
  )
}

/** Varints without their BigInt: those of trees are small, and there are many. */
function integersIn(bytes: Uint8Array): number[] {
  const integers: number[] = []
  let value = 0
  let scale = 1
  for (const byte of bytes) {
    value += (byte & 127) * scale
    scale *= 128
    if (byte > 127) continue
    integers.push(value)
    value = 0
    scale = 1
  }
  return integers
}
