import type { Migration } from './all.ts'

/** Which data directory the tables belong to: one row. */
export const storeIdentity: Migration = {
  name: '0022-store-identity',
  async up({ text, integer, table }) {
    await table('store_identity')
      .addColumn('singleton', integer, (c) => c.primaryKey())
      .addColumn('id', text, (c) => c.notNull())
      .addColumn('host', text, (c) => c.notNull())
      .addColumn('directory', text, (c) => c.notNull())
      .addColumn('claimed_at', integer, (c) => c.notNull())
      .execute()
  },
}
