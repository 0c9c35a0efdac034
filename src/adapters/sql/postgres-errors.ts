import { DatabaseError } from 'pg'
import { GyreError } from '#kernel/errors'
import { tookTooLong } from './scan-limit.ts'

/** SQLSTATE of failures that may vanish when the same transaction runs again. */
const transientStates = ['40001', '40P01']

/** What a SQLSTATE, or its class, means to a user. What is not here is our mistake. */
const unavailableTexts: Readonly<Record<string, string>> = {
  '08': 'The connection to PostgreSQL was lost. If this was a change, look whether it happened.',
  '25006': 'PostgreSQL is read-only just now, perhaps a standby. Connect to the primary.',
  '25P03': 'A change took too long and PostgreSQL ended it. Nothing of it was stored.',
  '28': 'PostgreSQL refused the login. Check the user and password in the database URL.',
  '3D000': 'The database in the database URL does not exist. Create it with createdb.',
  '3F000': 'The schema in the database URL does not exist. Create it.',
  '40': 'PostgreSQL could not serialise this change, even after some attempts. Try again.',
  '53': 'PostgreSQL has run out of disk, memory or connections. Nothing of this change was stored.',
  '55P03': 'Another server holds the write lock in PostgreSQL for too long. Try again.',
  '57': 'PostgreSQL was stopped or ended the statement. Try again when it runs.',
  '58': 'PostgreSQL reports an error of its disk. Look into its log.',
  XX001: 'PostgreSQL reports damaged data. Restore a backup.',
  XX002: 'PostgreSQL reports damaged data. Restore a backup.',
}
const lasting = ['28', '3D000', '3F000', 'XX001', 'XX002']

const systemCodes = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EPIPE',
  'ENOENT',
]

export function isTransient(thrown: unknown): boolean {
  const cause = thrown instanceof GyreError ? thrown.cause : thrown
  return cause instanceof DatabaseError && transientStates.includes(cause.code ?? '')
}

/** Gives what `pg` threw as a `GyreError`; what it did not throw comes back as it is. */
export function fromPostgresError(thrown: unknown, sql: string): unknown {
  if (thrown instanceof DatabaseError) return fromState(thrown, sql)
  if (thrown instanceof Error && !(thrown instanceof GyreError) && isLostConnection(thrown)) {
    return new GyreError({
      code: 'unavailable',
      public: `PostgreSQL cannot be reached. Check that it runs and that the database URL is right.`,
      internal: `${thrown.message} in: ${sql}`,
      cause: thrown,
    })
  }
  return thrown
}

function isLostConnection(thrown: Error): boolean {
  if ('code' in thrown && systemCodes.includes(String(thrown.code))) return true
  if (thrown instanceof AggregateError)
    return thrown.errors.some((e) => isLostConnection(e as Error))
  // pg gives its own connection errors no code.
  return /connection (terminated|ended|timeout)|timeout exceeded when trying to connect|not queryable|after calling end/i.test(
    thrown.message,
  )
}

function fromState(thrown: DatabaseError, sql: string): GyreError {
  const state = thrown.code ?? ''
  const internal = `PostgreSQL ${state}: ${thrown.message} in: ${sql}`
  if (state === '23505') {
    const names = /^Key \((.*?)\)=/.exec(thrown.detail ?? '')?.[1]?.split(', ') ?? ['key']
    const columns = names.map((name) => `${thrown.table ?? ''}.${name}`).join(', ')
    const text = `It exists already (same ${columns}).`
    return new GyreError({ code: 'already_exists', public: text, internal, cause: thrown })
  }
  if (state === '57014' && thrown.message.includes('statement timeout')) {
    return tookTooLong(sql, thrown)
  }
  const known = [state, state.slice(0, 2)].find((key) => unavailableTexts[key] !== undefined)
  const text = known === undefined ? undefined : unavailableTexts[known]
  if (known === undefined || text === undefined) {
    return new GyreError({
      code: 'internal',
      public: 'The database refused a statement. The server log has the details.',
      internal,
      cause: thrown,
    })
  }
  const retryable = !lasting.includes(known)
  return new GyreError({ code: 'unavailable', public: text, internal, cause: thrown, retryable })
}
