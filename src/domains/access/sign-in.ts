import { GyreError } from '#kernel/errors'
import type { Principal } from '#kernel/principals'
import type { Platform } from './context.ts'
import type { AccessTables, UserRow } from './store.ts'
import { secretPrefix } from './token.ts'
import { principalOf, userRowColumns } from './user.ts'

const sessionMs = 12 * 3_600_000

/**
 * The principal of a user's name and password. Throws `unauthenticated`, which does not say which
 * of the two is wrong.
 */
export async function authenticateUser(
  platform: Platform,
  name: string,
  password: string,
): Promise<Principal> {
  return principalOf(platform, await checkUser(platform, name, password))
}

/**
 * Signs a user in: gives a secret that stands for them for twelve hours, or until their password
 * changes. Throws `unauthenticated`.
 */
export async function signIn(
  platform: Platform,
  input: { name: string; password: string },
): Promise<{ secret: string; expiresAt: number; principal: Principal }> {
  const row = await checkUser(platform, input.name, input.password)
  const secret = secretPrefix + platform.newSecret()
  const now = platform.clock()
  const expiresAt = now + sessionMs
  await platform.tables.write<AccessTables, void>(async (tx) => {
    await tx.deleteFrom('user_sessions').where('expires_at', '<=', now).execute()
    await tx
      .insertInto('user_sessions')
      .values({
        secret_sha256: platform.digest(secret),
        user_id: row.id,
        created_at: now,
        expires_at: expiresAt,
      })
      .execute()
  })
  return { secret, expiresAt, principal: principalOf(platform, row) }
}

/** The user who is signed in with a secret of that digest, if any. */
export async function signedInUser(
  platform: Platform,
  digest: string,
): Promise<Principal | undefined> {
  const row = await platform.tables
    .read<AccessTables>()
    .selectFrom('user_sessions')
    .innerJoin('users', 'users.id', 'user_sessions.user_id')
    .select(['users.name', 'users.is_admin', 'users.grants', 'user_sessions.expires_at'])
    .where('user_sessions.secret_sha256', '=', digest)
    .executeTakeFirst()
  return row === undefined || row.expires_at <= platform.clock()
    ? undefined
    : principalOf(platform, row)
}

async function checkUser(platform: Platform, name: string, password: string): Promise<UserRow> {
  const row = await platform.tables
    .read<AccessTables>()
    .selectFrom('users')
    .select(userRowColumns)
    .where('name', '=', name.normalize('NFC'))
    .executeTakeFirst()
  // As slow for a name that nobody has, so that how long it takes does not tell.
  if (row === undefined) await platform.passwords.hash(password)
  else if (await platform.passwords.verify(password, row.password_hash)) return row
  throw new GyreError({
    code: 'unauthenticated',
    public: 'The user name or the password is wrong.',
  })
}
