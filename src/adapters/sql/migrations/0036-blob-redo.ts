import type { BlobTables } from '#ports/blobs/blob-tables'
import type { Migration } from './all.ts'

/** Bytes of small blobs that are in their pack, and durable only here until the pack is flushed. */
export const blobRedo: Migration = {
  name: '0036-blob-redo',
  async up({ text, integer, bytes, table }) {
    await table('blob_redo' satisfies keyof BlobTables)
      .addColumn('object', text, (c) => c.notNull())
      .addColumn('start', integer, (c) => c.notNull())
      .addColumn('content', bytes, (c) => c.notNull())
      .addPrimaryKeyConstraint('blob_redo_key', ['object', 'start'])
      .execute()
  },
}
