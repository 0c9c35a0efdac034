import type { Lease, Leases } from '#ports/lease/lease'
import type { Tables } from '#ports/tables/tables'
import type { LeaseRow, WorkTables } from './rows.ts'

/** Leases in a table. A row stays when its lease is released, so that tokens only ever grow. */
export function createSqlLeases(tables: Tables, { clock }: { clock(): number }): Leases {
  const heldByOther = (row: LeaseRow | undefined, owner: string) =>
    row !== undefined && row.until > clock() && row.owner !== owner
  return {
    async acquire(name, owner, ttlMs) {
      const seen = await tables
        .read<WorkTables>()
        .selectFrom('leases')
        .selectAll()
        .where('name', '=', name)
        .executeTakeFirst()
      if (heldByOther(seen, owner)) return undefined
      return tables.write<WorkTables, Lease | undefined>(async (tx) => {
        const row = await tx
          .selectFrom('leases')
          .selectAll()
          .where('name', '=', name)
          .executeTakeFirst()
        if (heldByOther(row, owner)) return undefined
        const lease = { name, owner, token: (row?.token ?? 0) + 1, until: clock() + ttlMs }
        await tx
          .insertInto('leases')
          .values(lease)
          .onConflict((oc) => oc.column('name').doUpdateSet(lease))
          .execute()
        return lease
      })
    },
    renew: (lease, ttlMs) => setUntil(tables, lease, clock(), clock() + ttlMs),
    release: async (lease) => void (await setUntil(tables, lease, clock(), 0)),
  }
}

/** Only while it is held still: a lease that ran out is lost even if nobody took it yet. */
async function setUntil(
  tables: Tables,
  lease: Lease,
  now: number,
  until: number,
): Promise<boolean> {
  return tables.write<WorkTables, boolean>(async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('leases')
      .set({ until })
      .where('name', '=', lease.name)
      .where('token', '=', lease.token)
      .where('until', '>', now)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  })
}
