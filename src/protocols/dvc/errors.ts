import type { ErrorCode, GyreError } from '#kernel/errors'

/**
 * DVC knows two answers: below 400 for "there", anything else for "missing"; it asks again after a
 * 5xx. WebDAV clients read the rest.
 */
const status = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  already_exists: 412,
  conflict: 409,
  refused: 422,
  too_large: 413,
  overloaded: 503,
  unavailable: 503,
  internal: 500,
} as const satisfies Record<ErrorCode, number>

/** A failure as JSON, with its status and headers. */
export function errorAnswer(error: GyreError): {
  status: number
  headers: Record<string, string>
  body: { error: { code: ErrorCode; message: string } }
} {
  const headers: Record<string, string> = {}
  if (error.code === 'unauthenticated') {
    headers['www-authenticate'] = 'Basic realm="gyre", Bearer realm="gyre"'
  }
  if (error.retryable) headers['retry-after'] = '1'
  return {
    status: status[error.code],
    headers,
    body: { error: { code: error.code, message: error.public } },
  }
}
