import { GyreError } from '#kernel/errors'
import { authorize, everyProject, type Grant } from '#kernel/principals'
import { subject } from '#kernel/subjects'
import { commit } from '#domains/journal/index'
import type { Context } from './context.ts'
import { checkGrants, grantsDetail } from './grants.ts'
import type { AccessTables, AccessTransaction, UserRow } from './store.ts'
import { checkPassword, checkUserName, type User, userFromRow } from './user.ts'

export interface NewUser {
  name: string
  password: string
  isAdmin?: boolean | undefined
  grants?: readonly Grant[] | undefined
}

/**
 * Creates a user, who may do nothing until granted a role or made an admin. Errors: `invalid`,
 * `already_exists`.
 */
export async function createUser(ctx: Context, input: NewUser): Promise<User> {
  authorize(ctx, 'admin', everyProject)
  const name = checkUserName(input.name)
  const grants = checkGrants(input.grants ?? [])
  const hashed = await ctx.passwords.hash(checkPassword(input.password))
  return commit(ctx, async (change) => {
    const db = change.sql<AccessTables>()
    const row: UserRow = {
      id: await nextId(db),
      name,
      password_hash: hashed,
      is_admin: input.isAdmin === true ? 1 : 0,
      grants: JSON.stringify(grants),
      created_at: ctx.clock(),
      created_by: ctx.principal.name,
    }
    const inserted = await db
      .insertInto('users')
      .values(row)
      .onConflict((c) => c.column('name').doNothing())
      .returning('id')
      .executeTakeFirst()
    if (inserted === undefined) throw nameTaken(name)
    change.record({
      verb: 'user.created',
      subject: subject('user', name),
      project: everyProject,
      detail: { isAdmin: row.is_admin === 1, grants: grantsDetail(grants) },
    })
    return userFromRow(row)
  })
}

async function nextId(db: AccessTransaction): Promise<number> {
  const last = await db
    .selectFrom('users')
    .select((eb) => eb.fn.max('id').as('id'))
    .executeTakeFirst()
  return Number(last?.id ?? 0) + 1
}

function nameTaken(name: string): GyreError {
  return new GyreError({ code: 'already_exists', public: `There is a user "${name}" already.` })
}
