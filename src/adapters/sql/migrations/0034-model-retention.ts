import type { ModelsTables } from '#domains/models/store'
import type { Migration } from './all.ts'

/** How long versions of models are kept, and what must stay whatever that says. */
export const modelRetention: Migration = {
  name: '0034-model-retention',
  async up({ text, integer, table, index }) {
    await table('model_retention' satisfies keyof ModelsTables)
      .addColumn('project', text, (c) => c.notNull())
      .addColumn('model', text, (c) => c.notNull())
      .addColumn('keep_versions', integer)
      .addColumn('keep_days', integer)
      .addPrimaryKeyConstraint('model_retention_key', ['project', 'model'])
      .execute()
    await table('model_holds' satisfies keyof ModelsTables)
      .addColumn('id', text, (c) => c.primaryKey())
      .addColumn('project', text, (c) => c.notNull())
      .addColumn('model', text, (c) => c.notNull())
      .addColumn('version', integer)
      .addColumn('reason', text, (c) => c.notNull())
      .addColumn('created_by', text, (c) => c.notNull())
      .addColumn('created_at', integer, (c) => c.notNull())
      .addColumn('released_by', text)
      .addColumn('released_at', integer)
      .execute()
    await index('model_holds', ['project', 'model'])
  },
}
