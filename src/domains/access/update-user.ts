import { GyreError, invalid } from '#kernel/errors'
import { authorize, everyProject, type Grant } from '#kernel/principals'
import { subject } from '#kernel/subjects'
import { type Change, commit } from '#domains/journal/index'
import type { Context } from './context.ts'
import { checkGrants } from './grants.ts'
import type { AccessTables, AccessTransaction, UserRow } from './store.ts'
import {
  actorOf,
  authorizeAccount,
  checkPassword,
  findUser,
  type User,
  userFromRow,
} from './user.ts'

export interface UserChange {
  name: string
  isAdmin?: boolean | undefined
  /** All of them: what is not named is taken away. */
  grants?: readonly Grant[] | undefined
}

/** Changes what a user may do, from the next request on. Errors: `not_found`, `conflict`. */
export async function updateUser(ctx: Context, input: UserChange): Promise<User> {
  authorize(ctx, 'admin', everyProject)
  const grants = input.grants === undefined ? undefined : checkGrants(input.grants)
  return commit(ctx, async (change) => {
    const db = change.sql<AccessTables>()
    const before = await findUser(db, input.name)
    const after: UserRow = {
      ...before,
      ...(input.isAdmin === undefined ? {} : { is_admin: input.isAdmin ? 1 : 0 }),
      ...(grants === undefined ? {} : { grants: JSON.stringify(grants) }),
    }
    if (after.is_admin === 0 && before.is_admin === 1) refuseSelf(ctx, before, 'stay an admin')
    if (after.is_admin === before.is_admin && after.grants === before.grants) {
      return userFromRow(before)
    }
    await db
      .updateTable('users')
      .set({ is_admin: after.is_admin, grants: after.grants })
      .where('id', '=', before.id)
      .execute()
    const user = userFromRow(after)
    record(change, before, 'user.changed', {
      isAdmin: user.isAdmin,
      grants: user.grants.map((grant) => ({ ...grant })),
    })
    return user
  })
}

/**
 * Sets a password and signs the user out everywhere. Users may set their own by giving the present
 * one. Errors: `not_found`, `invalid`, `forbidden`.
 */
export async function setPassword(
  ctx: Context,
  input: { name: string; password: string; currentPassword?: string | undefined },
): Promise<void> {
  authorizeAccount(ctx, input.name)
  const password = checkPassword(input.password)
  if (ctx.principal.name === actorOf(input.name)) await checkCurrent(ctx, input)
  const hashed = await ctx.passwords.hash(password)
  await commit(ctx, async (change) => {
    const db = change.sql<AccessTables>()
    const row = await findUser(db, input.name)
    await db.updateTable('users').set({ password_hash: hashed }).where('id', '=', row.id).execute()
    await endSessions(db, row.id)
    record(change, row, 'user.password-set', {})
  })
}

/** Removes a user; what they did stays in the record. Errors: `not_found`, `conflict`. */
export async function removeUser(ctx: Context, name: string): Promise<User> {
  authorize(ctx, 'admin', everyProject)
  return commit(ctx, async (change) => {
    const db = change.sql<AccessTables>()
    const row = await findUser(db, name)
    refuseSelf(ctx, row, 'keep their own account')
    await endSessions(db, row.id)
    await db.deleteFrom('users').where('id', '=', row.id).execute()
    record(change, row, 'user.removed', {})
    return userFromRow(row)
  })
}

async function checkCurrent(
  ctx: Context,
  input: { name: string; password: string; currentPassword?: string | undefined },
): Promise<void> {
  const { currentPassword = '' } = input
  if (currentPassword === '') {
    throw invalid('Current password is required when changing your own password.')
  }
  const row = await findUser(ctx.tables.read<AccessTables>(), input.name)
  if (!(await ctx.passwords.verify(currentPassword, row.password_hash))) {
    throw invalid('Current password does not match.')
  }
  if (currentPassword === input.password) {
    throw invalid('The new password must differ from the current one.')
  }
}

async function endSessions(db: AccessTransaction, user: number): Promise<void> {
  await db.deleteFrom('user_sessions').where('user_id', '=', user).execute()
}

/** Nobody locks themselves out. */
function refuseSelf(ctx: Context, row: UserRow, what: string): void {
  if (ctx.principal.name !== actorOf(row.name)) return
  throw new GyreError({
    code: 'conflict',
    public: `Users ${what}: ask another admin to change "${row.name}".`,
  })
}

function record(
  change: Change,
  row: UserRow,
  verb: string,
  detail: { isAdmin?: boolean; grants?: { project: string; role: string }[] },
): void {
  change.record({ verb, subject: subject('user', row.name), project: everyProject, detail })
}
