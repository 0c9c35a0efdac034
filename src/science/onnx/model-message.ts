import { MessageWriter } from '#kernel/protobuf'

/** Float32 among the values of `TensorProto.DataType`. */
const FLOAT = 1

/** Values of `AttributeProto.AttributeType`, with the field that holds each. */
const ATTRIBUTE = {
  float: { type: 1, field: 2 },
  integer: { type: 2, field: 3 },
  text: { type: 3, field: 4 },
  floats: { type: 6, field: 7 },
  integers: { type: 7, field: 8 },
  texts: { type: 8, field: 9 },
} as const

/** An attribute of an operator. */
export type Attribute =
  | { float: number }
  | { integer: number }
  | { text: string }
  | { floats: readonly number[] }
  | { integers: readonly number[] }
  | { texts: readonly string[] }

/** One operator of the graph. */
interface OnnxNode {
  operator: string
  /** Empty for the standard operators. */
  domain: '' | 'ai.onnx.ml'
  inputs: readonly string[]
  outputs: readonly string[]
  attributes?: Readonly<Record<string, Attribute>>
}

/** A constant float32 tensor. */
interface FloatConstant {
  name: string
  shape: readonly number[]
  values: readonly number[]
}

/** A graph from one float32 tensor `input` [N, features] to `probability` [N, 1]. */
interface ScoringGraph {
  name: string
  features: readonly string[]
  nodes: readonly OnnxNode[]
  constants: readonly FloatConstant[]
}

/**
 * The bytes of an ONNX model (IR 8, ai.onnx 13, ai.onnx.ml 3), with the feature names in order as
 * JSON under the metadata key `gyre.features`.
 */
export function writeScoringModel(graph: ScoringGraph): Uint8Array {
  const body = new MessageWriter()
  for (const node of graph.nodes) body.bytes(1, nodeMessage(node))
  body.string(2, graph.name)
  for (const constant of graph.constants) body.bytes(5, constantMessage(constant))
  body.bytes(11, tensorInfo('input', graph.features.length))
  body.bytes(12, tensorInfo('probability', 1))
  return new MessageWriter()
    .integer(1, 8)
    .string(2, 'gyre')
    .bytes(7, body.finish())
    .bytes(8, operatorSet('', 13))
    .bytes(8, operatorSet('ai.onnx.ml', 3))
    .bytes(14, metadataEntry('gyre.features', JSON.stringify(graph.features)))
    .finish()
}

function operatorSet(domain: string, version: number): Uint8Array {
  return new MessageWriter().string(1, domain).integer(2, version).finish()
}

function metadataEntry(key: string, value: string): Uint8Array {
  return new MessageWriter().string(1, key).string(2, value).finish()
}

/** ValueInfoProto of a float32 tensor [N, columns]. */
function tensorInfo(name: string, columns: number): Uint8Array {
  const shape = new MessageWriter()
    .bytes(1, new MessageWriter().string(2, 'N').finish())
    .bytes(1, new MessageWriter().integer(1, columns).finish())
    .finish()
  const tensor = new MessageWriter().integer(1, FLOAT).bytes(2, shape).finish()
  const type = new MessageWriter().bytes(1, tensor).finish()
  return new MessageWriter().string(1, name).bytes(2, type).finish()
}

function constantMessage({ name, shape, values }: FloatConstant): Uint8Array {
  return new MessageWriter()
    .integers(1, shape)
    .integer(2, FLOAT)
    .floats(4, values)
    .string(8, name)
    .finish()
}

function nodeMessage(node: OnnxNode): Uint8Array {
  const message = new MessageWriter()
  for (const input of node.inputs) message.string(1, input)
  for (const output of node.outputs) message.string(2, output)
  message.string(3, `${node.operator}-${node.outputs.join('-')}`).string(4, node.operator)
  for (const [name, attribute] of Object.entries(node.attributes ?? {})) {
    message.bytes(5, attributeMessage(name, attribute))
  }
  return message.string(7, node.domain).finish()
}

function attributeMessage(name: string, attribute: Attribute): Uint8Array {
  const message = new MessageWriter().string(1, name)
  if ('float' in attribute) message.float(ATTRIBUTE.float.field, attribute.float)
  else if ('integer' in attribute) message.integer(ATTRIBUTE.integer.field, attribute.integer)
  else if ('text' in attribute) message.string(ATTRIBUTE.text.field, attribute.text)
  else if ('floats' in attribute) message.floats(ATTRIBUTE.floats.field, attribute.floats)
  else if ('integers' in attribute) message.integers(ATTRIBUTE.integers.field, attribute.integers)
  else for (const text of attribute.texts) message.string(ATTRIBUTE.texts.field, text)
  return message.integer(20, attributeType(attribute)).finish()
}

function attributeType(attribute: Attribute): number {
  const kind = Object.keys(attribute)[0] as keyof typeof ATTRIBUTE
  return ATTRIBUTE[kind].type
}
