import { canonicalJson } from '#kernel/json'

export interface Difference {
  /** `gate[1].value`; empty for the whole. */
  path: string
  from?: unknown
  to?: unknown
}

/** Where two JSON values differ, at the deepest places; `undefined` members count as absent. */
export function differences(from: unknown, to: unknown, path = ''): Difference[] {
  if (from === undefined && to === undefined) return []
  if (from === undefined) return [{ path, to }]
  if (to === undefined) return [{ path, from }]
  if (canonicalJson(from) === canonicalJson(to)) return []
  if (isObject(from) && isObject(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])]
    return keys.flatMap((key) =>
      differences(from[key], to[key], path === '' ? key : `${path}.${key}`),
    )
  }
  if (Array.isArray(from) && Array.isArray(to)) {
    const length = Math.max(from.length, to.length)
    return Array.from({ length }, (_, i) => differences(from[i], to[i], `${path}[${i}]`)).flat()
  }
  return [{ path, from, to }]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
