import { allows, type Grant } from '#kernel/principals'
import { subject } from '#kernel/subjects'
import type { Change } from '#domains/journal/index'
import type { Context } from './context.ts'
import { grantsDetail } from './grants.ts'
import type { AccessTables } from './store.ts'
import { nameOfActor, userColumns, userFromRow } from './user.ts'

/**
 * A user who may not manage the whole project manages what they made in it. To be called in the
 * change that makes it.
 */
export async function grantToCreator(
  ctx: Context,
  change: Change,
  made: { project: string; resource: string },
): Promise<void> {
  const { principal } = ctx
  if (principal.kind !== 'user' || allows(principal, 'operator', made.project)) return
  const db = change.sql<AccessTables>()
  const row = await db
    .selectFrom('users')
    .select(userColumns)
    .where('name', '=', nameOfActor(principal.name))
    .executeTakeFirst()
  if (row === undefined) return
  const grants: Grant[] = [...userFromRow(row).grants, { ...made, role: 'operator' }]
  await db
    .updateTable('users')
    .set({ grants: JSON.stringify(grants) })
    .where('id', '=', row.id)
    .execute()
  change.record({
    verb: 'user.changed',
    subject: subject('user', row.name),
    project: made.project,
    detail: { isAdmin: row.is_admin === 1, grants: grantsDetail(grants) },
  })
}
