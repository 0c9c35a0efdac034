import type { Migration } from './all.ts'

/** Where a version came from that was exported elsewhere: what the archive said of itself. */
export const modelOrigins: Migration = {
  name: '0035-model-origins',
  async up({ db, text }) {
    await db.schema.alterTable('model_versions').addColumn('origin_sha256', text).execute()
  },
}
