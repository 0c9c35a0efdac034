import type { AccessTables } from '#domains/access/store'
import type { Migration } from './all.ts'

/** People who sign in with a password, and where they are signed in. */
export const users: Migration = {
  name: '0023-users',
  async up({ text, integer, table, index }) {
    await table('users' satisfies keyof AccessTables)
      .addColumn('id', integer, (c) => c.primaryKey())
      .addColumn('name', text, (c) => c.notNull().unique())
      .addColumn('password_hash', text, (c) => c.notNull())
      .addColumn('is_admin', integer, (c) => c.notNull())
      .addColumn('grants', text, (c) => c.notNull())
      .addColumn('created_at', integer, (c) => c.notNull())
      .addColumn('created_by', text, (c) => c.notNull())
      .execute()
    await table('user_sessions' satisfies keyof AccessTables)
      .addColumn('secret_sha256', text, (c) => c.primaryKey())
      .addColumn('user_id', integer, (c) => c.notNull())
      .addColumn('created_at', integer, (c) => c.notNull())
      .addColumn('expires_at', integer, (c) => c.notNull())
      .execute()
    await index('user_sessions', ['user_id'])
  },
}
