import { GyreError, invalid } from '#kernel/errors'
import type { JsonObject } from '#kernel/json'
import {
  authorize,
  authorizeOn,
  everyProject,
  type Grant,
  grantableKinds,
} from '#kernel/principals'
import { subject } from '#kernel/subjects'
import { type Change, commit } from '#domains/journal/index'
import type { Context } from './context.ts'
import { checkGrants, grantsDetail } from './grants.ts'
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
  return changeRights(ctx, input.name, (present) => ({
    isAdmin: input.isAdmin ?? present.isAdmin,
    grants: grants ?? present.grants,
  }))
}

export interface GrantPlace {
  name: string
  project: string
  resource?: string | undefined
}

/**
 * Sets the one role that a user has in a project, or on one resource of it; null takes it away,
 * `none` hides the resource. An admin of the project may do so, and who manages the resource. Errors:
 * `not_found`, `invalid`, `forbidden`.
 */
export async function setGrant(
  ctx: Context,
  input: GrantPlace & { role: Grant['role'] | null; creates?: boolean | undefined },
): Promise<User> {
  authorizeGranting(ctx, input)
  const { project, resource, role, creates } = input
  const set = checkGrants([{ project, role: role ?? 'viewer', resource, creates }])
  return changeRights(ctx, input.name, ({ isAdmin, grants }) => {
    const others = grants.filter((g) => g.project !== project || g.resource !== resource)
    return { isAdmin, grants: role === null ? others : [...others, ...set] }
  })
}

/**
 * A user and the role that was granted to them there by itself, if any. For themselves, an admin of
 * the project, and who manages the resource. Errors: `not_found`, `forbidden`.
 */
export async function getGrant(
  ctx: Context,
  input: GrantPlace,
): Promise<{ user: User; role: Grant['role'] | undefined }> {
  const { name, project, resource } = input
  if (ctx.principal.name !== actorOf(name)) authorizeGranting(ctx, input)
  const user = userFromRow(await findUser(ctx.tables.read<AccessTables>(), name))
  const own = user.grants.find((g) => g.project === project && g.resource === resource)
  return { user, role: own?.role }
}

function authorizeGranting(ctx: Context, { project, resource }: GrantPlace): void {
  const [kind, ...name] = (resource ?? '').split(':')
  const granted = grantableKinds.find((each) => each === kind)
  if (granted === undefined || name.join(':') === '*') authorize(ctx, 'admin', project)
  else authorizeOn(ctx, { kind: granted, role: 'operator', project }).require(name.join(':'))
}

async function changeRights(
  ctx: Context,
  name: string,
  rightsAfter: (present: User) => Pick<User, 'isAdmin' | 'grants'>,
): Promise<User> {
  return commit(ctx, async (change) => {
    const db = change.sql<AccessTables>()
    const row = await findUser(db, name)
    const present = userFromRow(row)
    const { isAdmin, grants } = rightsAfter(present)
    if (present.isAdmin && !isAdmin) refuseSelf(ctx, row, 'stay an admin')
    const stored = JSON.stringify(grants)
    if (isAdmin === present.isAdmin && stored === row.grants) return present
    await db
      .updateTable('users')
      .set({ is_admin: isAdmin ? 1 : 0, grants: stored })
      .where('id', '=', row.id)
      .execute()
    record(change, row, 'user.changed', { isAdmin, grants: grantsDetail(grants) })
    return { ...present, isAdmin, grants }
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

function record(change: Change, row: UserRow, verb: string, detail: JsonObject): void {
  change.record({ verb, subject: subject('user', row.name), project: everyProject, detail })
}
