import type { Json } from '#kernel/json'
import { attributeJson } from './attribute-json.ts'
import type { Attribute, AttributeValue } from './span.ts'

/** Reads attributes by their key. */
export class Attributes {
  readonly #values: ReadonlyMap<string, AttributeValue>

  constructor(attributes: readonly Attribute[]) {
    this.#values = new Map(attributes.map(({ key, value }) => [key, value ?? {}]))
  }

  has(key: string): boolean {
    return this.#values.has(key)
  }

  /** A plain value; a text that spells JSON is read as what it spells. */
  json(key: string): Json | undefined {
    const value = this.#values.get(key)
    if (value === undefined) return undefined
    const plain = plainValue(value)
    return typeof plain === 'string' ? spelledJson(plain) : plain
  }

  /** A text as it is, or nothing. */
  text(key: string): string | undefined {
    const value = this.#values.get(key)?.stringValue
    return value === undefined ? undefined : unquoted(value)
  }

  value(key: string): AttributeValue | undefined {
    return this.#values.get(key)
  }

  entries(): Iterable<[string, AttributeValue]> {
    return this.#values.entries()
  }
}

/** Whole numbers above 2^53 and what is not finite become texts: JSON has no exact form for them. */
export function plainValue(value: AttributeValue): Json {
  if (value.stringValue !== undefined) return value.stringValue
  if (value.boolValue !== undefined) return value.boolValue
  if (value.intValue !== undefined) {
    const number = Number(value.intValue)
    return Number.isSafeInteger(number) ? number : value.intValue
  }
  if (value.doubleValue !== undefined) return value.doubleValue
  if (value.bytesValue !== undefined) return value.bytesValue
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plainValue)
  if (value.kvlistValue === undefined) return null
  const members = (value.kvlistValue.values ?? []).map(
    ({ key, value: member }) => [key, plainValue(member ?? {})] as const,
  )
  return Object.fromEntries(members)
}

/** As OTLP writes a plain value. */
export function attributeValue(value: Json): AttributeValue {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(attributeValue) } }
  const values = Object.entries(value).map(([key, member]) => ({
    key,
    value: attributeValue(member),
  }))
  return { kvlistValue: { values } }
}

/** A value as people read it: a text as it is, anything else as JSON. */
export function valueText(value: AttributeValue): string {
  if (value.stringValue !== undefined) return value.stringValue
  return attributeJson(value)
}

function spelledJson(text: string): Json {
  if (!/^\s*[[{"\d-]|^(true|false|null)$/.test(text)) return text
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

/** Some exporters send texts as JSON texts, in quotes. */
function unquoted(text: string): string {
  const value = text.startsWith('"') ? spelledJson(text) : text
  return typeof value === 'string' ? value : text
}
