import { type Kysely, sql } from 'kysely'
import type { JobRow, WorkTables } from './rows.ts'

/**
 * The job that has waited longest of those that may be claimed now, a lost one included. One look
 * into the index for each kind, however many jobs of other kinds or of later times there are.
 */
export async function oldestDue(
  db: Kysely<WorkTables>,
  kinds: readonly string[],
  now: number,
): Promise<JobRow | undefined> {
  const first = kinds.map(
    (kind) => sql`select * from (
      select * from jobs where kind = ${kind} and available_at <= ${now}
      order by available_at, id limit 1) as oldest`,
  )
  const { rows } = await sql<JobRow>`select * from (${sql.join(first, sql` union all `)}) as due
    order by available_at, id limit 1`.execute(db)
  return rows[0]
}
