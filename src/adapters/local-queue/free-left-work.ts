import type { Transaction } from 'kysely'
import type { Tables } from '#ports/tables/tables'
import type { WorkTables } from './rows.ts'

/**
 * Lets jobs and leases be taken at once that were held when their holders ended, before their time
 * runs out. Only for who knows that nobody else works on these tables.
 */
export async function freeLeftWork(tables: Tables, now: number): Promise<void> {
  await tables.write(async (tx: Transaction<WorkTables>) => {
    await tx
      .updateTable('jobs')
      .set({ available_at: now })
      .where('state', '=', 'running')
      .where('available_at', '>', now)
      .execute()
    await tx.updateTable('leases').set({ until: now }).where('until', '>', now).execute()
  })
}
