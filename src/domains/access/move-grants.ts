import { type Grant } from '#kernel/principals'
import { subject } from '#kernel/subjects'
import type { Change } from '#domains/journal/index'
import { grantsDetail } from './grants.ts'
import type { AccessTables } from './store.ts'
import { userColumns, userFromRow } from './user.ts'

/**
 * Grants of users on a thing follow it to its new name, or end with it. To be called in the change
 * that renames or removes it.
 */
export async function moveGrants(
  change: Change,
  { project, resource, to }: { project: string; resource: string; to: string | undefined },
): Promise<void> {
  const db = change.sql<AccessTables>()
  const isOn = (grant: Grant) => grant.project === project && grant.resource === resource
  const rows = await db
    .selectFrom('users')
    .select(userColumns)
    .where('grants', 'like', '%"resource"%')
    .execute()
  for (const row of rows) {
    const before = userFromRow(row).grants
    if (!before.some(isOn)) continue
    const grants = before.flatMap((grant) => {
      if (!isOn(grant)) return [grant]
      return to === undefined ? [] : [{ ...grant, resource: to }]
    })
    await db
      .updateTable('users')
      .set({ grants: JSON.stringify(grants) })
      .where('id', '=', row.id)
      .execute()
    change.record({
      verb: 'user.changed',
      subject: subject('user', row.name),
      project,
      detail: { isAdmin: row.is_admin === 1, grants: grantsDetail(grants) },
    })
  }
}
