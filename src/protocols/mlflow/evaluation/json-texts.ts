import type { Json } from '#kernel/json'
import { parseJson } from '../../http/request-body.ts'
import { invalidValue } from '../fields.ts'

/** A field that holds JSON as a text. */
export function jsonText(path: string, value: string): Json {
  try {
    return parseJson(value) as Json
  } catch {
    throw invalidValue(path, value.slice(0, 200), ' It must be a JSON text.')
  }
}

/** Tags as an object; values become texts, null stands for none. */
export function tagTexts(path: string, json: Json): Record<string, string | null> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw invalidValue(path, json, ' It must be an object.')
  }
  const texts = Object.entries(json).map(([key, value]) => {
    if (value === null || typeof value === 'string') return [key, value] as const
    return [key, JSON.stringify(value)] as const
  })
  return Object.fromEntries(texts)
}
