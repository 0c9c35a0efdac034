import type { Readable } from 'node:stream'
import type { JsonObject } from '#kernel/json'

/** What a client of MLflow gets to read. */
export interface Answer {
  status: number
  type: string
  body: string | Readable
}

export function jsonAnswer(value: unknown, status = 200): Answer {
  return { status, type: 'application/json', body: JSON.stringify(value) }
}

/** A failure in MLflow's form. */
export function failure(status: number, code: string, message: string): Answer {
  return jsonAnswer({ error_code: code, message }, status)
}

/** Not one of the statuses that clients repeat for minutes. */
export function awayAnswer(server: string, what: string): Answer {
  return failure(
    424,
    'TEMPORARILY_UNAVAILABLE',
    `gyre relay: the server ${server} cannot be reached, and ${what}. ` +
      'What is logged meanwhile is kept and forwarded; ask again when the server is back.',
  )
}

export function missing(message: string): Answer {
  return failure(404, 'RESOURCE_DOES_NOT_EXIST', message)
}

export function parseObject(body: Uint8Array): JsonObject | undefined {
  if (body.byteLength === 0) return {}
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    // Some old clients send their JSON as a JSON string.
    const once: unknown = typeof value === 'string' ? JSON.parse(value) : value
    return typeof once === 'object' && once !== null && !Array.isArray(once)
      ? (once as JsonObject)
      : undefined
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined
    throw thrown
  }
}
