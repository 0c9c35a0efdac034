import { z } from 'zod'
import { invalid } from '#kernel/errors'

type Kind = 'text' | 'number' | 'boolean' | 'list' | 'numbers'
export type QueryReader = (query: Readonly<Record<string, unknown>>) => unknown

interface JsonSchema {
  type?: string | string[]
  properties?: Record<string, JsonSchema>
  additionalProperties?: unknown
  anyOf?: JsonSchema[]
  items?: JsonSchema
}

/**
 * Makes the reader of an operation's query. Addresses hold only texts, so they become numbers,
 * booleans and lists where the schema wants those. A parameter that is not known is refused: a
 * misspelt filter must not answer with everything.
 */
export function queryReader(schema: z.ZodType | undefined): QueryReader {
  let known: Map<string, Kind> | undefined
  return (query) => {
    // At the first request: of hundreds of operations most servers see a few.
    known ??= schema === undefined ? new Map<string, Kind>() : kindsOf(schema)
    const kinds = known
    const values: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(query)) {
      const kind = kinds.get(name)
      if (kind === undefined) throw unknownParameter(name, [...kinds.keys()])
      values[name] = readValue(kind, value)
    }
    return schema === undefined ? {} : parseInput(schema, values, 'query')
  }
}

/** Validates by a schema; `invalid` lists every problem with its place. */
export function parseInput(schema: z.ZodType, value: unknown, place: string): unknown {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const details = parsed.error.issues.slice(0, 50).map((issue) => ({
    path: [place, ...issue.path.map(String)].join('.'),
    message: issue.message,
  }))
  const [first] = details
  throw invalid(`${first?.path ?? place}: ${first?.message ?? 'is not valid'}`, details)
}

/** The members that an object schema names, or `undefined` when it takes any. */
export function namedMembers(schema: z.ZodType): ReadonlySet<string> | undefined {
  const { type, properties, additionalProperties } = inputSchema(schema)
  if (type !== 'object' || properties === undefined) return undefined
  const open = additionalProperties !== undefined && additionalProperties !== false
  return open ? undefined : new Set(Object.keys(properties))
}

function inputSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
}

function kindsOf(schema: z.ZodType): Map<string, Kind> {
  const properties = Object.entries(inputSchema(schema).properties ?? {})
  return new Map(properties.map(([name, property]) => [name, kindOf(property)]))
}

function kindOf(schema: JsonSchema): Kind {
  const alternatives = [schema, ...(schema.anyOf ?? [])]
  const list = alternatives.find(({ type }) => type === 'array')
  if (list !== undefined) return isNumeric(list.items) ? 'numbers' : 'list'
  if (alternatives.some(({ type }) => type === 'string')) return 'text'
  if (alternatives.some(isNumeric)) return 'number'
  return alternatives.some(({ type }) => type === 'boolean') ? 'boolean' : 'text'
}

function isNumeric(schema: JsonSchema | undefined): boolean {
  return schema?.type === 'number' || schema?.type === 'integer'
}

function readValue(kind: Kind, value: unknown): unknown {
  if (kind === 'list') return Array.isArray(value) ? value : [value]
  if (kind === 'numbers') return (Array.isArray(value) ? value : [value]).map(readNumber)
  if (kind === 'number') return readNumber(value)
  if (kind === 'boolean') return value === 'true' ? true : value === 'false' ? false : value
  return value
}

/** What is no number stays as it is, for the schema to complain about. */
function readNumber(value: unknown): unknown {
  if (typeof value !== 'string' || value.trim() === '') return value
  const number = Number(value)
  return Number.isNaN(number) ? value : number
}

function unknownParameter(name: string, known: readonly string[]): Error {
  const knows = known.length === 0 ? 'It takes none.' : `It takes: ${known.join(', ')}.`
  return invalid(`There is no query parameter ${JSON.stringify(name.slice(0, 100))} here. ${knows}`)
}
