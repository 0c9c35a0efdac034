import { authorize, everyProject } from '#kernel/principals'
import type { Context } from '#domains/access/index'
import { edgesOf } from './commit.ts'
import { recordFromRow } from './record.ts'
import { journalColumns, type JournalTables } from './store.ts'

const pageSize = 1000

/** Derives the lineage again from the records. Gives the number of edges. */
export async function rebuildEdges(ctx: Context): Promise<number> {
  authorize(ctx, 'admin', everyProject)
  return ctx.tables.write<JournalTables, number>(async (tx) => {
    await tx.deleteFrom('journal_edges').execute()
    let count = 0
    for (let after = 0; ;) {
      const rows = await tx
        .selectFrom('journal')
        .select(journalColumns)
        .where('seq', '>', after)
        .orderBy('seq')
        .limit(pageSize)
        .execute()
      const edges = rows.map(recordFromRow).flatMap(edgesOf)
      // SQLite takes at most 32,766 parameters in a statement.
      for (let start = 0; start < edges.length; start += pageSize) {
        await tx
          .insertInto('journal_edges')
          .values(edges.slice(start, start + pageSize))
          .execute()
      }
      count += edges.length
      after = rows.at(-1)?.seq ?? after
      if (rows.length < pageSize) return count
    }
  })
}
