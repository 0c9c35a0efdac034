import { asGyreError, type ErrorCode, GyreError, invalid } from '#kernel/errors'
import type { Log } from '#domains/access/index'

/** Open Inference names few states; what it does not name is 400. */
const status = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  already_exists: 400,
  conflict: 400,
  refused: 400,
  too_large: 413,
  overloaded: 503,
  unavailable: 503,
  internal: 500,
} as const satisfies Record<ErrorCode, number>

/** A failure as `{error}` with its status and headers. */
function errorAnswer(error: GyreError): {
  status: number
  headers: Record<string, string>
  body: { error: string }
} {
  const headers: Record<string, string> = {}
  if (error.code === 'unauthenticated') headers['www-authenticate'] = 'Bearer realm="gyre"'
  if (error.retryable) headers['retry-after'] = '1'
  return { status: status[error.code], headers, body: { error: error.public } }
}

/** Answers a failure of a request for `url`, and logs what is not the caller's doing. */
export function failureAnswer(
  log: Log,
  url: string,
  thrown: unknown,
): { status: number; contentType: string; headers: Record<string, string>; body: string } {
  const error = thrown instanceof GyreError ? thrown : fromFramework(thrown)
  const { status, headers, body } = errorAnswer(error)
  if (status >= 500 && error.code === 'internal') {
    log.error({ url, internal: error.internal }, error.public)
  }
  return { status, contentType: 'application/json', headers, body: JSON.stringify(body) }
}

/** A caller that went away, or what the framework refuses, is not our failure. */
function fromFramework(thrown: unknown): GyreError {
  const { statusCode, code } = (thrown ?? {}) as { statusCode?: unknown; code?: unknown }
  const ours = typeof statusCode !== 'number' || statusCode >= 500
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return invalid('The body ended before it was complete.')
  }
  return ours ? asGyreError(thrown) : invalid(String((thrown as Error).message))
}
