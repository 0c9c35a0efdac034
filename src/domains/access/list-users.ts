import { authorize, everyProject } from '#kernel/principals'
import type { Context } from './context.ts'
import type { AccessTables } from './store.ts'
import { authorizeAccount, findUser, type User, userColumns, userFromRow } from './user.ts'

/** All users, by name. */
export async function listUsers(ctx: Context): Promise<User[]> {
  authorize(ctx, 'admin', everyProject)
  const rows = await ctx.tables
    .read<AccessTables>()
    .selectFrom('users')
    .select(userColumns)
    .orderBy('name')
    .execute()
  return rows.map(userFromRow)
}

/** One user; each may see themselves. Errors: `not_found`. */
export async function getUser(ctx: Context, name: string): Promise<User> {
  authorizeAccount(ctx, name)
  return userFromRow(await findUser(ctx.tables.read<AccessTables>(), name))
}
