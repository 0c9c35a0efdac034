import { type ErrorCode, GyreError } from '#kernel/errors'

/** MLflow's error codes that this server answers with, and the status of each. */
const statuses = {
  BAD_REQUEST: 400,
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  // MLflow answers 500, at which its client waits four minutes; the state is the caller's to change.
  INVALID_STATE: 400,
  FEATURE_DISABLED: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  NOT_FOUND: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_CONFLICT: 409,
  REQUEST_LIMIT_EXCEEDED: 429,
  INTERNAL_ERROR: 500,
  TEMPORARILY_UNAVAILABLE: 503,
} as const

export type MlflowErrorCode = keyof typeof statuses

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
  body: { error_code: MlflowErrorCode; message: string }
}

/** A failure as MLflow's clients read it. */
export function errorAnswer(error: GyreError): ErrorAnswer {
  const errorCode = error instanceof MlflowError ? error.errorCode : names[error.code]
  const status = error.code === 'too_large' ? 413 : statuses[errorCode]
  const headers: Record<string, string> = {}
  if (status === 401) headers['www-authenticate'] = 'Basic realm="mlflow"'
  if (error.retryable) headers['retry-after'] = '1'
  return { status, headers, body: { error_code: errorCode, message: error.public } }
}
