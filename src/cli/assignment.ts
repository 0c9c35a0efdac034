import { invalid } from '#kernel/errors'
import type { Json } from '#kernel/json'

/** Takes `train.rows=400` apart. Errors: `invalid`. */
export function splitAssignment(text: string, example: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw invalid(`"${text}" is not an assignment. Write ${example}.`)
  return [text.slice(0, at), text.slice(at + 1)]
}

/** Reads `train.rows=400`: the value as JSON where it is that, else as text. */
export function readAssignment(text: string): [string, Json] {
  const [name, value] = splitAssignment(text, '--set-param train.rows=400')
  try {
    return [name, JSON.parse(value) as Json]
  } catch {
    // Not JSON, so it is a text.
    return [name, value]
  }
}
