import type { LeasesUnderTest } from '#ports/lease/lease.contract'
import type { QueueUnderTest } from '#ports/queue/queue-under-test.contract'
import type { Tables } from '#ports/tables/tables'
import { migrateTables } from '../sql/migrate.ts'
import { createSqlLeases } from './leases.ts'
import { createSqlQueue } from './queue.ts'

/** A queue and leases on empty tables, with ids in order and a clock that stands at 1,000,000. */
export async function workOn(tables: Tables): Promise<QueueUnderTest & LeasesUnderTest> {
  await migrateTables(tables)
  let now = 1_000_000
  let ids = 0
  const options = { clock: () => now, newId: () => String(++ids).padStart(32, '0') }
  return {
    tables,
    queue: createSqlQueue(tables, options),
    leases: createSqlLeases(tables, options),
    advance: (ms) => void (now += ms),
    now: () => now,
    close: () => tables.close(),
  }
}
