import { type Document, isCollection, LineCounter, parseDocument } from 'yaml'
import { asGyreError, GyreError, invalid } from '#kernel/errors'

/** A YAML file that was read, and where each of its parts stands. */
export interface YamlFile {
  path: string
  value: unknown
  /** `gyre.yaml:12:7` for the deepest part of this path that is there. */
  placeOf(parts: readonly (string | number)[]): string
}

/** Reads YAML; `invalid` says in which line and column it is broken. */
export function readYaml(path: string, text: string): YamlFile {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
  })
  const [problem] = document.errors
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${path}:${line}:${col}`
  }
  if (problem !== undefined) {
    throw invalid(`${at(problem.pos[0])}: this is not valid YAML: ${problem.message}`)
  }
  return {
    path,
    value: toValue(document, path),
    placeOf: (parts) => at(offsetOf(document, parts)),
  }
}

/** Aliases that unfold without bounds are refused by the library with an error. */
function toValue(document: Document, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (thrown) {
    throw invalid(`${path}: ${(thrown as Error).message}`)
  }
}

function offsetOf(document: Document, parts: readonly (string | number)[]): number {
  for (let length = parts.length; length > 0; length--) {
    const parent =
      length === 1 ? document.contents : document.getIn(parts.slice(0, length - 1), true)
    if (!isCollection(parent)) continue
    const key = String(parts[length - 1])
    for (const [index, item] of parent.items.entries()) {
      const pair = item as { key?: { value?: unknown; range?: [number, number, number] } }
      if (pair.key?.range !== undefined && String(pair.key.value) === key) return pair.key.range[0]
      const { range } = item as { range?: [number, number, number] }
      if (range !== undefined && String(index) === key) return range[0]
    }
  }
  return 0
}

/**
 * Adds the place in the file to an error whose text starts with a path in it, such as
 * `models.late-flights.gate[0]: …`.
 */
export function withPlace(file: YamlFile, thrown: unknown): GyreError {
  const error = asGyreError(thrown)
  const path = /^([\p{L}\p{N}_][^\s:]*):/u.exec(error.public)?.[1]
  if (error.code !== 'invalid' || path === undefined) return error
  const parts = splitPath(file.value, path)
  return new GyreError({
    code: 'invalid',
    public: `${file.placeOf(parts)}: ${error.public}`,
    details: error.details,
    cause: thrown,
  })
}

/** Splits `a.b.c[0]` along the keys that are there, since names may hold dots themselves. */
function splitPath(value: unknown, path: string): string[] {
  const parts: string[] = []
  let rest = path.replaceAll(/\[(\d+)\]/g, '.$1')
  let current = value
  while (rest !== '' && typeof current === 'object' && current !== null) {
    const keys = Object.keys(current).filter((key) => rest === key || rest.startsWith(`${key}.`))
    const key = keys.toSorted((a, b) => b.length - a.length)[0]
    if (key === undefined) break
    parts.push(key)
    rest = rest.slice(key.length + 1)
    current = (current as Record<string, unknown>)[key]
  }
  return parts
}
