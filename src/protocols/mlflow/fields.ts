import { MlflowError, mlflowError } from './errors.ts'

/**
 * One field of a request, as MLflow's protocol buffers and its handlers' checks together read it:
 * numbers also as texts, unknown fields ignored, null and the empty text the same as nothing.
 */
export interface Field<T, Required extends boolean = boolean> {
  readonly required: Required
  /** How an address writes it: repeated, `true` or `false`, or as a text that `read` understands. */
  readonly inQuery: 'text' | 'boolean' | 'list'
  /** What an absent field is. */
  readonly absent?: T
  /** What it is made of: the fields of a message, the field of a list's items. */
  readonly parts?: Shape | Field<unknown>
  /** Reads a value that is there. `path` names it in messages: `metrics[0].timestamp`. */
  read(value: unknown, path: string): T
}

export type Shape = Readonly<Record<string, Field<unknown>>>

/** What reading a shape gives. */
export type Read<S extends Shape> = {
  [Name in keyof S]: S[Name] extends Field<infer T, infer Required>
    ? Required extends true
      ? T
      : S[Name] extends { absent: T }
        ? T
        : T | undefined
    : never
}

const seeDocs = 'See the API docs for more information about request parameters.'
const longestEcho = 2000

function optional<T>(read: Field<T>['read'], inQuery: Field<T>['inQuery'] = 'text') {
  return { required: false, inQuery, read } satisfies Field<T, false>
}

/** The same field, refused when it is absent, null or an empty text. */
export function required<T>(field: Field<T>): Field<T, true> {
  const { inQuery, read, parts } = field
  return { required: true, inQuery, read, ...(parts === undefined ? {} : { parts }) }
}

export const text = optional<string>((value, path) => {
  if (typeof value === 'string') return value
  throw wrongType(path, value)
})

/**
 * A whole number of 64 bits. It must be exact here as well, so beyond ±(2^53 - 1) it is refused,
 * never rounded.
 */
export const int64 = optional<number>((value, path) => {
  const written = typeof value === 'string' && /^\s*[+-]?\d+(\.0*)?\s*$/.test(value)
  const number = written ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number)) throw wrongType(path, value)
  if (Number.isSafeInteger(number)) return number
  throw invalidValue(path, value, 'Whole numbers up to 2^53 - 1 are kept exactly, others not.')
})

const infinities = ['NaN', 'Infinity', '-Infinity']
const decimal = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/

/** A double; NaN and the infinities as texts. */
export const double = optional<number>((value, path) => {
  if (typeof value === 'number') return value
  if (typeof value === 'string' && (infinities.includes(value) || decimal.test(value))) {
    return Number(value)
  }
  throw wrongType(path, value)
})

export const boolean = optional<boolean>((value, path) => {
  if (typeof value === 'boolean') return value
  throw wrongType(path, value)
}, 'boolean')

/** One of MLflow's enumerations, by name or by number. */
export function enumeration<const Names extends Readonly<Record<string, number>>>(
  names: Names,
): Field<keyof Names & string, false> {
  const byNumber = new Map(Object.entries(names).map(([name, number]) => [String(number), name]))
  return optional((value, path) => {
    if (typeof value !== 'string' && typeof value !== 'number') throw wrongType(path, value)
    const found = Object.hasOwn(names, value) ? value : byNumber.get(String(value))
    if (found !== undefined) return found as keyof Names & string
    throw wrongType(path, value)
  })
}

/** A repeated field; empty when absent. `check` may refuse by the count, before any item is read. */
export function list<T>(
  item: Field<T>,
  check?: (count: number) => void,
): Field<T[], false> & { absent: T[] } {
  return {
    required: false,
    inQuery: 'list',
    absent: [],
    parts: item,
    read(value, path) {
      if (!Array.isArray(value)) throw wrongType(path, value)
      check?.(value.length)
      return value.map((entry: unknown, index) => {
        if (entry === null) throw wrongType(`${path}[${index}]`, entry)
        return item.read(entry, `${path}[${index}]`)
      })
    },
  }
}

/** A map with any keys; empty when absent. */
export function map<T>(
  item: Field<T>,
): Field<Record<string, T>, false> & { absent: Record<string, T> } {
  return {
    required: false,
    inQuery: 'text',
    absent: {},
    read(value, path) {
      if (!isObject(value)) throw wrongType(path, value)
      const entries = Object.entries(value)
      return Object.fromEntries(entries.map(([key, v]) => [key, item.read(v, `${path}.${key}`)]))
    },
  }
}

/** A nested message. */
export function message<S extends Shape>(shape: S): Field<Read<S>, false> {
  const read = reader(shape)
  const field = optional<Read<S>>((value, path) => {
    if (!isObject(value)) throw wrongType(path, value)
    return read(value, `${path}.`)
  })
  return { ...field, parts: shape }
}

/** Makes the reader of a shape; `prefix` stands before the fields' names in messages. */
export function reader<S extends Shape>(
  shape: S,
): (source: Readonly<Record<string, unknown>>, prefix?: string) => Read<S> {
  const fields = Object.entries(shape).map(([name, field]) => ({
    name,
    field,
    aliases: name === 'run_id' ? ['runId', 'run_uuid'] : aliasesOf(name),
  }))
  return (source, prefix = '') => {
    const result: Record<string, unknown> = {}
    for (const { name, field, aliases } of fields) {
      let value = source[name]
      for (const alias of aliases) value ??= source[alias]
      if (value === undefined || value === null) {
        if (field.required) throw missing(prefix + name)
        result[name] = Array.isArray(field.absent) ? [] : field.absent
      } else {
        if (field.required && value === '') throw missing(prefix + name)
        result[name] = field.read(value, prefix + name)
      }
    }
    return result as Read<S>
  }
}

/** Texts of an address become what the fields read. */
export function fromQuery(
  shape: Shape,
  query: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [name, given] of Object.entries(query)) {
    if (given === undefined) continue
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined
    const values = typeof given === 'string' ? [given] : given
    if (field?.inQuery === 'list') result[name] = values
    else result[name] = field?.inQuery === 'boolean' ? booleanText(values[0]) : values[0]
  }
  return result
}

function booleanText(value: string | undefined): boolean {
  const lower = value?.toLowerCase()
  if (lower === 'true' || lower === 'false') return lower === 'true'
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    `Invalid boolean value: ${value}, must be 'true' or 'false'.`,
  )
}

/** What MLflow says of a field that must be there. */
export function missing(path: string): Error {
  return mlflowError(
    'INVALID_PARAMETER_VALUE',
    `Missing value for required parameter '${path}'. ${seeDocs}`,
  )
}

/** What MLflow says of a value that it does not take. */
export function invalidValue(path: string, value: unknown, why?: string): Error {
  const reason = why === undefined ? '.' : `: ${why}`
  return mlflowError(
    'INVALID_PARAMETER_VALUE',
    `Invalid value ${shown(value)} for parameter '${path}' supplied${reason}`,
  )
}

function wrongType(path: string, value: unknown): Error {
  return new WrongType(path, value)
}

/**
 * A value that its field does not take. MLflow shows it as it was written, `9.0` not as `9`, which
 * `JSON.parse` does not tell: `withLiteral` says it again with the text from the request.
 */
export class WrongType extends MlflowError {
  readonly path: string

  constructor(path: string, value: unknown, literal?: string) {
    const type = literal === undefined ? pythonType(value) : typeOfLiteral(literal)
    super(
      'INVALID_PARAMETER_VALUE',
      `Invalid value ${literal ?? shown(value)} for parameter '${path}' supplied: ` +
        ` Hint: Value was of type '${type}'. ${seeDocs}`,
    )
    this.path = path
  }

  withLiteral(literal: string | undefined): WrongType {
    return literal === undefined ? this : new WrongType(this.path, undefined, literal)
  }
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').slice(0, longestEcho)
}

/** The types' names as Python has them, since that is what the other side is written in. */
function pythonType(value: unknown): string {
  if (value === null) return 'NoneType'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'string') return 'str'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  return 'dict'
}

function typeOfLiteral(literal: string): string {
  return /^-?\d+$/.test(literal) ? 'int' : 'float'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Protocol buffers take `experimentId` for `experiment_id`. */
function aliasesOf(name: string): string[] {
  const camel = name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  return camel === name ? [] : [camel]
}
