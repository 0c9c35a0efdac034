/**
 * The closed set of failures that Gyre speaks of. Every protocol maps each code to its own dialect
 * in one exhaustive table.
 */
export const errorCodes = [
  'invalid', // the input is wrong; the same request will fail again
  'unauthenticated', // no principal, or a bad token
  'forbidden', // the principal lacks the role
  'not_found',
  'already_exists',
  'conflict', // the state does not allow it now: a stale write, a wrong transition
  'refused', // a gate, an expectation or a policy said no, with reasons
  'too_large',
  'overloaded', // shed; try again later
  'unavailable', // a part that is needed is not there: disk full, database down
  'internal',
] as const

export type ErrorCode = (typeof errorCodes)[number]

export interface GyreErrorOptions {
  code: ErrorCode
  /** What is wrong, where, and what to do. Shown to users. */
  public: string
  /** For the log only: may hold paths and values that users must not see. */
  internal?: string
  cause?: unknown
  /** Whether the same request may succeed later without a change. Default: by code. */
  retryable?: boolean
  /** Machine-readable findings: failed checks, offending fields. Shown to users. */
  details?: unknown
}

const retryableCodes: readonly ErrorCode[] = ['overloaded', 'unavailable']

/** The one error type that crosses a room's wall. */
export class GyreError extends Error {
  readonly code: ErrorCode
  readonly public: string
  readonly internal: string | undefined
  readonly retryable: boolean
  readonly details: unknown

  constructor(options: GyreErrorOptions) {
    super(options.public, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'GyreError'
    this.code = options.code
    this.public = options.public
    this.internal = options.internal
    this.retryable = options.retryable ?? retryableCodes.includes(options.code)
    this.details = options.details
  }
}

/** Builds a `GyreError` for input that is wrong as it stands. */
export function invalid(message: string, details?: unknown): GyreError {
  return new GyreError({ code: 'invalid', public: message, details })
}

/** Builds a `GyreError` for a thing that is not there. `kind` reads as "data set", "run". */
export function notFound(kind: string, name: string, hint?: string): GyreError {
  const message = `There is no ${kind} "${name}".${hint === undefined ? '' : ` ${hint}`}`
  return new GyreError({ code: 'not_found', public: message })
}

/** Gives any thrown value as a `GyreError`; an unknown one becomes `internal` and never leaks its text. */
export function asGyreError(thrown: unknown): GyreError {
  if (thrown instanceof GyreError) return thrown
  return new GyreError({
    code: 'internal',
    public: 'Something went wrong inside Gyre. The server log has the details.',
    internal: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
    cause: thrown,
  })
}
