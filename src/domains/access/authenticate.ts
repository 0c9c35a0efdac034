import { GyreError } from '#kernel/errors'
import type { Principal } from '#kernel/principals'
import type { Platform } from './context.ts'
import { signedInUser } from './sign-in.ts'
import type { AccessTables } from './store.ts'
import { tokenColumns, tokenFromRow } from './token.ts'

/**
 * The principal of a secret: a service token's, or that of a user who is signed in. Secrets are found and compared by their sha256 only, so
 * how long it takes says nothing about a secret. Throws `unauthenticated` for one that is unknown,
 * revoked or expired.
 */
export async function authenticate(platform: Platform, secret: string): Promise<Principal> {
  const digest = platform.digest(secret)
  const row = await platform.tables
    .read<AccessTables>()
    .selectFrom('service_tokens')
    .select([...tokenColumns, 'secret_sha256'])
    .where('secret_sha256', '=', digest)
    .executeTakeFirst()
  if (row === undefined || !equalTexts(row.secret_sha256, digest)) {
    const user = await signedInUser(platform, digest)
    if (user !== undefined) return user
    throw unauthenticated(
      'The token is not known here, or its session has ended. Check that it belongs to this server, or sign in again.',
    )
  }
  const token = tokenFromRow(row)
  if (token.revokedAt !== null) throw unauthenticated(`The token "${token.name}" was revoked.`)
  if (token.expiresAt !== null && token.expiresAt <= platform.clock()) {
    throw unauthenticated(`The token "${token.name}" has expired. Ask an admin for a new one.`)
  }
  return { kind: 'token', name: `token:${token.name}`, grants: token.grants }
}

/** Compares digests in a time that depends on their length alone. */
function equalTexts(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}

function unauthenticated(message: string): GyreError {
  return new GyreError({ code: 'unauthenticated', public: message })
}
