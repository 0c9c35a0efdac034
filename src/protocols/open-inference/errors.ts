import type { ErrorCode, GyreError } from '#kernel/errors'

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
export function errorAnswer(error: GyreError): {
  status: number
  headers: Record<string, string>
  body: { error: string }
} {
  const headers: Record<string, string> = {}
  if (error.code === 'unauthenticated') headers['www-authenticate'] = 'Bearer realm="gyre"'
  if (error.retryable) headers['retry-after'] = '1'
  return { status: status[error.code], headers, body: { error: error.public } }
}
