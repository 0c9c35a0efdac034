import { type ErrorCode, GyreError } from '#kernel/errors'

/** What goes with an error code of MLflow: the status, and what MLflow calls its class and state. */
interface ErrorFacts {
  status: number
  class?: string
  state?: string
}

/** MLflow's error codes that this server answers with. */
const facts = {
  BAD_REQUEST: { status: 400, class: 'INVALID_PARAMETER_VALUE', state: 'KAM00' },
  INVALID_PARAMETER_VALUE: { status: 400, class: 'INVALID_PARAMETER_VALUE', state: 'KAM00' },
  RESOURCE_ALREADY_EXISTS: { status: 400, class: 'RESOURCE_ALREADY_EXISTS', state: 'KAM00' },
  // MLflow answers 500, at which its client waits four minutes; the state is the caller's to change.
  INVALID_STATE: { status: 400, class: 'CLIENT_INTERNAL_ERROR', state: 'XXM00' },
  FEATURE_DISABLED: { status: 400, class: 'FEATURE_DISABLED', state: 'KAM00' },
  UNAUTHENTICATED: { status: 401 },
  PERMISSION_DENIED: { status: 403, class: 'PERMISSION_DENIED', state: 'KAM00' },
  RESOURCE_DOES_NOT_EXIST: { status: 404, class: 'RESOURCE_NOT_FOUND', state: 'KAM00' },
  NOT_FOUND: { status: 404, class: 'RESOURCE_NOT_FOUND', state: 'KAM00' },
  ENDPOINT_NOT_FOUND: { status: 404, class: 'RESOURCE_NOT_FOUND', state: 'KAM00' },
  RESOURCE_CONFLICT: { status: 409 },
  REQUEST_LIMIT_EXCEEDED: { status: 429 },
  INTERNAL_ERROR: { status: 500, class: 'CLIENT_INTERNAL_ERROR', state: 'XXM00' },
  TEMPORARILY_UNAVAILABLE: { status: 503, class: 'CLIENT_INTERNAL_ERROR', state: 'XXM00' },
} as const satisfies Record<string, ErrorFacts>

export type MlflowErrorCode = keyof typeof facts

/** MLflow's name for each of our failures. */
const names = {
  invalid: 'INVALID_PARAMETER_VALUE',
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  not_found: 'RESOURCE_DOES_NOT_EXIST',
  already_exists: 'RESOURCE_ALREADY_EXISTS',
  // A deleted run, an ended one: MLflow calls these wrong parameters.
  conflict: 'INVALID_PARAMETER_VALUE',
  refused: 'INVALID_STATE',
  too_large: 'INVALID_PARAMETER_VALUE',
  overloaded: 'REQUEST_LIMIT_EXCEEDED',
  unavailable: 'TEMPORARILY_UNAVAILABLE',
  internal: 'INTERNAL_ERROR',
} as const satisfies Record<ErrorCode, MlflowErrorCode>

const ours: Readonly<Partial<Record<MlflowErrorCode, ErrorCode>>> = {
  UNAUTHENTICATED: 'unauthenticated',
  PERMISSION_DENIED: 'forbidden',
  RESOURCE_DOES_NOT_EXIST: 'not_found',
  NOT_FOUND: 'not_found',
  ENDPOINT_NOT_FOUND: 'not_found',
  RESOURCE_ALREADY_EXISTS: 'already_exists',
  RESOURCE_CONFLICT: 'conflict',
  INVALID_STATE: 'refused',
}

/** A failure that carries MLflow's own name. */
export class MlflowError extends GyreError {
  readonly errorCode: MlflowErrorCode

  constructor(errorCode: MlflowErrorCode, message: string) {
    super({ code: ours[errorCode] ?? 'invalid', public: message })
    this.errorCode = errorCode
  }
}

/** A failure in MLflow's words, where its clients look for exactly those. */
export function mlflowError(errorCode: MlflowErrorCode, message: string): GyreError {
  return new MlflowError(errorCode, message)
}

export interface ErrorAnswer {
  status: number
  headers: Record<string, string>
  body: {
    error_code: MlflowErrorCode
    message: string
    sqlstate?: string | undefined
    error_class?: string | undefined
  }
}

/** A failure as MLflow's clients read it. */
export function errorAnswer(error: GyreError): ErrorAnswer {
  const errorCode = error instanceof MlflowError ? error.errorCode : names[error.code]
  const known: ErrorFacts = facts[errorCode]
  const status = error.code === 'too_large' ? 413 : known.status
  const headers: Record<string, string> = {}
  if (status === 401) headers['www-authenticate'] = 'Basic realm="mlflow"'
  if (error.retryable) headers['retry-after'] = '1'
  const { state: sqlstate, class: error_class } = known
  return {
    status,
    headers,
    body: { error_code: errorCode, message: error.public, sqlstate, error_class },
  }
}
