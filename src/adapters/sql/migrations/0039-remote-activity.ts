import type { DataTables } from '#domains/data/store'
import type { Migration } from './all.ts'

/** Who pushed to and pulled from DVC remotes, one row for each visit of a client. */
export const remoteActivity: Migration = {
  name: '0039-remote-activity',
  async up({ text, integer, table, index }) {
    await table('dvc_visits' satisfies keyof DataTables)
      .addColumn('id', text, (c) => c.primaryKey())
      .addColumn('repo', text, (c) => c.notNull())
      .addColumn('who', text, (c) => c.notNull())
      .addColumn('client', text, (c) => c.notNull())
      .addColumn('first_at', integer, (c) => c.notNull())
      .addColumn('last_at', integer, (c) => c.notNull())
      .addColumn('asked', integer, (c) => c.notNull())
      .addColumn('pushed_objects', integer, (c) => c.notNull())
      .addColumn('pushed_bytes', integer, (c) => c.notNull())
      .addColumn('pulled_objects', integer, (c) => c.notNull())
      .addColumn('pulled_bytes', integer, (c) => c.notNull())
      .addColumn('failures', integer, (c) => c.notNull())
      .addColumn('last_failure', text)
      .execute()
    await index('dvc_visits', ['repo', 'last_at'])
  },
}
