import type { Migration } from './all.ts'

/** The licence that somebody declared of a version; null: nobody did. */
export const licences: Migration = {
  name: '0033-licences',
  async up({ db, text }) {
    await db.schema.alterTable('model_versions').addColumn('licence', text).execute()
  },
}
