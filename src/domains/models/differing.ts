import { canonicalJson, type Json } from '#kernel/json'

/** The same of two versions that are compared. */
export interface Sides<T> {
  left: T
  right: T
}

/** A name whose values differ; null: there is none on that side. */
export interface Difference<T> {
  name: string
  left: T | null
  right: T | null
}

/** The names, in their order, whose values are not the same on both sides. Pure. */
export function differing<T extends Json>(
  left: Readonly<Record<string, T>>,
  right: Readonly<Record<string, T>>,
): Difference<T>[] {
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].sort().flatMap((name) => {
    const a = left[name] ?? null
    const b = right[name] ?? null
    return canonicalJson(a) === canonicalJson(b) ? [] : [{ name, left: a, right: b }]
  })
}

/** What the right side has besides the left one, and the other way round. Pure. */
export function addedAndRemoved(
  left: readonly string[],
  right: readonly string[],
): { added: string[]; removed: string[] } {
  return {
    added: right.filter((item) => !left.includes(item)),
    removed: left.filter((item) => !right.includes(item)),
  }
}
