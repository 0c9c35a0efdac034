import { invalid } from '#kernel/errors'
import type { Json } from '#kernel/json'

/** Reads `train.rows=400`: the value as JSON where it is that, else as text. */
export function readAssignment(text: string): [string, Json] {
  const at = text.indexOf('=')
  if (at < 1) throw invalid(`"${text}" is not an assignment. Write --set-param train.rows=400.`)
  const value = text.slice(at + 1)
  try {
    return [text.slice(0, at), JSON.parse(value) as Json]
  } catch {
    // Not JSON, so it is a text.
    return [text.slice(0, at), value]
  }
}
