import { type ErrorCode, type GyreError } from '#kernel/errors'

/** HTTP's dialect of every failure. */
export const httpStatus = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  already_exists: 409,
  conflict: 409,
  refused: 422,
  too_large: 413,
  overloaded: 503,
  unavailable: 503,
  internal: 500,
} as const satisfies Record<ErrorCode, number>

export interface ErrorBody {
  error: { code: ErrorCode; message: string; details?: unknown; requestId: string }
}

/** The one shape in which this API tells of a failure. Never holds what is internal. */
export function errorBody(error: GyreError, requestId: string): ErrorBody {
  const details = error.details === undefined ? {} : { details: error.details }
  return { error: { code: error.code, message: error.public, ...details, requestId } }
}

/** Headers that go with a failure. */
export function errorHeaders(error: GyreError): Record<string, string> {
  if (error.code === 'unauthenticated') return { 'www-authenticate': 'Bearer realm="gyre"' }
  return error.retryable ? { 'retry-after': '1' } : {}
}
