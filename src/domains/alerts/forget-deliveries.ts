import { authorize, type Context } from '#domains/access/index'
import type { AlertsTables } from './store.ts'

/** What became of a delivery is told for so long. */
const keptMs = 30 * 86_400_000
/** Deleted by one change, so that nobody waits for it. */
const rowsAtOnce = 500

/**
 * Forgets the deliveries of all webhooks that were settled a month ago or longer, and gives how many
 * those were. One that is still queued stays.
 */
export async function forgetDeliveries(ctx: Context): Promise<number> {
  authorize(ctx, 'admin', '*')
  const before = ctx.clock() - keptMs
  let forgotten = 0
  for (;;) {
    const deleted = await ctx.tables.write<AlertsTables, number>(async (tx) => {
      const old = tx
        .selectFrom('webhook_deliveries')
        .select('id')
        .where('updated_at', '<', before)
        .where('state', '!=', 'queued')
        .limit(rowsAtOnce)
      const { numDeletedRows } = await tx
        .deleteFrom('webhook_deliveries')
        .where('id', 'in', old)
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    })
    forgotten += deleted
    if (deleted < rowsAtOnce) return forgotten
  }
}
