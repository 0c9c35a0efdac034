import { z } from 'zod'

interface Schema {
  type?: string | string[]
  $ref?: string
  $defs?: Record<string, Schema>
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  items?: Schema | boolean
  minimum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  minItems?: number
}

/** Values that things of the test have, by the names of members that speak of them. */
export type Known = Readonly<Record<string, string | number>>

/** A value that a schema takes, or almost: with every optional member, and known names and digests. */
export function plausibleValue(schema: z.ZodType, known: Known): unknown {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema
  return valueOf(json, json, '', known, 0)
}

/** The members of an object schema; none when it is something else. */
export function membersOf(schema: z.ZodType): string[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema
  return Object.keys(json.properties ?? {})
}

function valueOf(root: Schema, schema: Schema, name: string, known: Known, depth: number): unknown {
  if (schema.$ref !== undefined) {
    const referred = schema.$ref === '#' ? root : root.$defs?.[schema.$ref.split('/').at(-1) ?? '']
    return depth > 8 || referred === undefined
      ? null
      : valueOf(root, referred, name, known, depth + 1)
  }
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  const alternatives = schema.anyOf ?? schema.oneOf
  if (alternatives !== undefined) {
    const chosen = alternatives.find(({ type }) => type !== 'null') ?? {}
    return valueOf(root, chosen, name, known, depth + 1)
  }
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (type === 'object') return objectOf(root, schema, known, depth)
  if (type === 'array') {
    const items = typeof schema.items === 'object' ? schema.items : {}
    return [valueOf(root, items, name.replace(/s$/, ''), known, depth + 1)]
  }
  if (name in known) return known[name]
  if (type === 'boolean') return false
  if (type === 'number' || type === 'integer') return numberOf(schema)
  return type === 'string' ? 'plausible' : null
}

function objectOf(root: Schema, schema: Schema, known: Known, depth: number): unknown {
  const members = Object.entries(schema.properties ?? {})
  if (members.length > 0) {
    return Object.fromEntries(
      members.map(([name, member]) => [name, valueOf(root, member, name, known, depth + 1)]),
    )
  }
  const others = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}
  return { plausible: valueOf(root, others, 'plausible', known, depth + 1) }
}

function numberOf({ minimum, exclusiveMinimum, exclusiveMaximum }: Schema): number {
  if (minimum !== undefined && minimum > 0) return minimum
  if (exclusiveMinimum !== undefined) return (exclusiveMinimum + (exclusiveMaximum ?? 1)) / 2
  return 1
}

export type Place = readonly (string | number)[]

/** Where in a value there is something to replace: every member and the first item of every list. */
export function placesIn(value: unknown, place: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [place]
  const inside = Array.isArray(value)
    ? value.slice(0, 1).flatMap((item: unknown) => placesIn(item, [...place, 0]))
    : Object.entries(value).flatMap(([name, member]) => placesIn(member, [...place, name]))
  return [place, ...inside]
}

/** A copy of the value with something else at a place. */
export function replacedAt(value: unknown, place: Place, by: unknown): unknown {
  const [first, ...rest] = place
  if (first === undefined) return by
  if (Array.isArray(value)) {
    return value.map((item: unknown, at) => (at === first ? replacedAt(item, rest, by) : item))
  }
  const object = value as Record<string, unknown>
  return { ...object, [first]: replacedAt(object[first], rest, by) }
}

/** A copy of the value without the member at a place. */
export function without(value: unknown, place: Place): unknown {
  const parent = place.slice(0, -1)
  const holder = parent.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], value)
  if (Array.isArray(holder) || place.length === 0) return replacedAt(value, place, undefined)
  const { [String(place.at(-1))]: _left, ...others } = holder as Record<string, unknown>
  return replacedAt(value, parent, others)
}
