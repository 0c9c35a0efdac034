import { parse, parseDocument } from 'yaml'
import { invalid } from '#kernel/errors'
import type { Json } from '#kernel/json'

/**
 * A value of YAML as Python sees it: `bigint` is an int, `number` is a float. dvc.lock writes 1 and
 * 1.0 differently, so the difference must survive.
 */
export type YamlValue = null | boolean | string | bigint | number | YamlValue[] | YamlMap
export type YamlMap = Map<string, YamlValue>

/** Reads YAML 1.2. Empty text is an empty map. Errors: `invalid` with file, line and column. */
export function parseYaml(text: string, file: string): YamlValue {
  const document = parseDocument(text, { intAsBigInt: true, uniqueKeys: true, version: '1.2' })
  const [problem] = document.errors
  if (problem !== undefined) {
    throw invalid(`${file} is not valid YAML: ${problem.message.split('\n')[0] ?? ''}`)
  }
  const value: unknown = document.toJS({ mapAsMap: true })
  return value === null || value === undefined ? new Map() : yamlValueOf(value)
}

/** Reads JSON keeping ints and floats apart. Errors: `invalid`. */
export function parseJsonValue(text: string, file: string): YamlValue {
  try {
    JSON.parse(text)
  } catch (thrown) {
    throw invalid(`${file} is not valid JSON: ${(thrown as Error).message}`)
  }
  // JSON is YAML, and this reader knows 1 from 1.0.
  return yamlValueOf(parse(text, { intAsBigInt: true, mapAsMap: true }))
}

function yamlValueOf(value: unknown): YamlValue {
  if (value instanceof Map) {
    return new Map([...value].map(([key, item]) => [keyText(key), yamlValueOf(item)]))
  }
  if (Array.isArray(value)) return value.map(yamlValueOf)
  if (value === undefined) return null
  if (typeof value === 'object' && value !== null) return JSON.stringify(value)
  return value as YamlValue
}

function keyText(key: unknown): string {
  return typeof key === 'string' ? key : pythonText(key as YamlValue)
}

export function isMap(value: YamlValue | undefined): value is YamlMap {
  return value instanceof Map
}

/** What `str()` gives in Python, and DVC's templates with it: true and false in lower case. */
export function pythonText(value: YamlValue): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value === 'number') return pythonFloat(value)
  return typeof value === 'object' ? JSON.stringify(jsonOf(value)) : String(value)
}

/** `repr()` of a float in Python: the shortest digits, exponents from 1e16 and below 1e-4. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0.0'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e')
    const sign = exponent.startsWith('-') ? '-' : '+'
    return `${digits}e${sign}${exponent.replace(/^[+-]/, '').padStart(2, '0')}`
  }
  const text = String(value)
  return text.includes('.') ? text : `${text}.0`
}

/** Python's `==`: 1 equals 1.0, maps compare without order. */
export function equalValues(a: YamlValue | undefined, b: YamlValue | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  if (isMap(a) || isMap(b)) return equalMaps(a, b)
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, index) => equalValues(item, b[index]))
  }
  const numeric = (value: YamlValue) => typeof value === 'bigint' || typeof value === 'number'
  // oxlint-disable-next-line eqeqeq -- a bigint and a number of equal value are equal only to ==
  return numeric(a) && numeric(b) ? a == b : a === b
}

function equalMaps(a: YamlValue, b: YamlValue): boolean {
  if (!isMap(a) || !isMap(b) || a.size !== b.size) return false
  return [...a].every(([key, value]) => b.has(key) && equalValues(value, b.get(key)))
}

/** As JSON for people and the wire; ints beyond 2^53 become texts. */
export function jsonOf(value: YamlValue): Json {
  if (isMap(value)) {
    return Object.fromEntries([...value].map(([key, item]) => [key, jsonOf(item)]))
  }
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value !== 'bigint') {
    return typeof value === 'number' && !Number.isFinite(value) ? pythonFloat(value) : value
  }
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}
