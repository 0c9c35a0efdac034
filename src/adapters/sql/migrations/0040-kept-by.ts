import type { BlobTables } from '#ports/blobs/blob-tables'
import type { Migration } from './all.ts'

/** A round of collecting garbage remembers what names each blob. */
export const keptBy: Migration = {
  name: '0040-kept-by',
  async up({ db, text }) {
    await db.schema
      .alterTable('blob_marks' satisfies keyof BlobTables)
      .addColumn('named_by', text, (c) => c.notNull().defaultTo(''))
      .execute()
  },
}
