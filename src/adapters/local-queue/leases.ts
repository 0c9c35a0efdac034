import type { Kysely } from 'kysely'
import type { Lease, Leases } from '#ports/lease/lease'
import type { Tables } from '#ports/tables/tables'
import type { WorkTables } from './rows.ts'

/** Leases in a table. A row stays when its lease is released, so that tokens only ever grow. */
export function createSqlLeases(tables: Tables, { clock }: { clock(): number }): Leases {
  return {
    async acquire(name, owner, ttlMs) {
      const seen = await tables
        .read<WorkTables>()
        .selectFrom('leases')
        .select(['owner', 'until'])
        .where('name', '=', name)
        .executeTakeFirst()
      const now = clock()
      if (seen !== undefined && seen.until > now && seen.owner !== owner) return undefined
      return tables.statement((db: Kysely<WorkTables>) => take(db, name, owner, now, now + ttlMs))
    },
    renew: (lease, ttlMs) => setUntil(tables, lease, clock(), clock() + ttlMs),
    release: async (lease) => void (await setUntil(tables, lease, clock(), 0)),
  }
}

/** Nothing comes back when somebody else holds it by now. */
async function take(
  db: Kysely<WorkTables>,
  name: string,
  owner: string,
  now: number,
  until: number,
): Promise<Lease | undefined> {
  return db
    .insertInto('leases')
    .values({ name, owner, token: 1, until })
    .onConflict((oc) =>
      oc
        .column('name')
        .doUpdateSet((eb) => ({ owner, until, token: eb('leases.token', '+', 1) }))
        .where((eb) => eb.or([eb('leases.until', '<=', now), eb('leases.owner', '=', owner)])),
    )
    .returning(['name', 'owner', 'token', 'until'])
    .executeTakeFirst()
}

/** Only while it is held still: a lease that ran out is lost even if nobody took it yet. */
async function setUntil(
  tables: Tables,
  lease: Lease,
  now: number,
  until: number,
): Promise<boolean> {
  const { numUpdatedRows } = await tables.statement((db: Kysely<WorkTables>) =>
    db
      .updateTable('leases')
      .set({ until })
      .where('name', '=', lease.name)
      .where('token', '=', lease.token)
      .where('until', '>', now)
      .executeTakeFirst(),
  )
  return numUpdatedRows > 0n
}
