import type { RunsTables } from '#domains/runs/store'
import type { Migration } from './all.ts'

/** What was brought from another tracking server, so that an import goes on where it ended. */
export const imports: Migration = {
  name: '0021-imports',
  async up({ table, text, integer }) {
    await table('imported_items' satisfies keyof RunsTables)
      .addColumn('project', text, (c) => c.notNull())
      .addColumn('kind', text, (c) => c.notNull())
      .addColumn('source_id', text, (c) => c.notNull())
      .addColumn('target_id', text, (c) => c.notNull())
      .addColumn('fingerprint', text, (c) => c.notNull())
      .addColumn('imported_at', integer, (c) => c.notNull())
      .addPrimaryKeyConstraint('imported_items_key', ['project', 'kind', 'source_id'])
      .execute()
  },
}
