import { type Kysely, sql } from 'kysely'
import type { Tables } from '#ports/tables/tables'
import type { JobRow, WorkTables } from './rows.ts'

/**
 * The kind of the job that has waited longest of those that may be claimed now, lost ones included.
 * One look into the index for each kind, however many jobs of other kinds or later times there are.
 */
export async function oldestDueKind(
  db: Kysely<WorkTables>,
  kinds: readonly string[],
  now: number,
): Promise<string | undefined> {
  const first = kinds.map(
    (kind) => sql`select * from (
      select kind, available_at, id from jobs where kind = ${kind} and available_at <= ${now}
      order by available_at, id limit 1) as oldest`,
  )
  const { rows } = await sql<{ kind: string }>`
    select kind from (${sql.join(first, sql` union all `)}) as due
    order by available_at, id limit 1`.execute(db)
  return rows[0]?.kind
}

/** When the first job of these kinds may be claimed that may not yet. */
export async function nextDueAt(
  db: Kysely<WorkTables>,
  kinds: readonly string[],
  now: number,
): Promise<number | undefined> {
  const next = kinds.map(
    (kind) => sql`select * from (
      select available_at from jobs where kind = ${kind} and available_at > ${now}
      order by available_at limit 1) as next`,
  )
  const { rows } = await sql<{ at: number | null }>`
    select min(available_at) as at from (${sql.join(next, sql` union all `)}) as coming`.execute(db)
  return rows[0]?.at ?? undefined
}

interface Claim {
  kind: string
  owner: string
  now: number
  until: number
}

/** Takes the oldest due job of a kind in one statement; on PostgreSQL, past those being taken now. */
export async function takeOldest(
  tables: Tables,
  { kind, owner, now, until }: Claim,
): Promise<JobRow | undefined> {
  const unlocked = tables.dialect === 'postgres' ? sql`for update skip locked` : sql``
  const statement = sql<JobRow>`
    update jobs set state = 'running', owner = ${owner}, available_at = ${until},
      token = token + 1, attempt = attempt + 1,
      reason = case when state = 'running'
        then 'Started again: ' || owner || ' stopped answering.' else reason end
    where id = (
      select id from jobs where kind = ${kind} and available_at <= ${now}
      order by available_at, id limit 1 ${unlocked})
    returning *`
  const { rows } = await tables.statement((db: Kysely<WorkTables>) => statement.execute(db))
  return rows[0]
}
