import type { BlobTables } from '#ports/blobs/blob-tables'
import type { Migration } from './all.ts'
import type { Schema } from './columns.ts'

/** Where blobs lie, what is chunked and marked, and what must be kept whatever else is said. */
export const blobStore: Migration = {
  name: '0019-blob-store',
  async up(schema) {
    await createObjects(schema)
    await createPlaces(schema)
    await createPieces(schema)
    await createHolds(schema)
  },
}

async function createObjects({ text, integer, table }: Schema): Promise<void> {
  await table('blob_objects' satisfies keyof BlobTables)
    .addColumn('key', text, (c) => c.primaryKey())
    .addColumn('kind', text, (c) => c.notNull())
    .addColumn('size_bytes', integer, (c) => c.notNull())
    .addColumn('copied_bytes', integer, (c) => c.notNull())
    .addColumn('written_at', integer, (c) => c.notNull())
    .addColumn('doomed_at', integer)
    .execute()
}

async function createPlaces({ text, integer, table, index }: Schema): Promise<void> {
  await table('blob_places' satisfies keyof BlobTables)
    .addColumn('sha256', text, (c) => c.primaryKey())
    .addColumn('md5', text, (c) => c.notNull())
    .addColumn('size_bytes', integer, (c) => c.notNull())
    .addColumn('object', text)
    .addColumn('start', integer, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('touched_at', integer, (c) => c.notNull())
    .addColumn('checked_at', integer, (c) => c.notNull())
    .addColumn('damaged_at', integer)
    .addColumn('quarantined_at', integer)
    .execute()
  await index('blob_places', ['object'])
  await index('blob_places', ['checked_at'])
}

async function createPieces({ text, integer, table, index }: Schema): Promise<void> {
  await table('blob_extents' satisfies keyof BlobTables)
    .addColumn('sha256', text, (c) => c.notNull())
    .addColumn('position', integer, (c) => c.notNull())
    .addColumn('object', text, (c) => c.notNull())
    .addColumn('start', integer, (c) => c.notNull())
    .addColumn('size_bytes', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('blob_extents_key', ['sha256', 'position'])
    .execute()
  await index('blob_extents', ['object'])
  await table('blob_chunks' satisfies keyof BlobTables)
    .addColumn('digest', text, (c) => c.primaryKey())
    .addColumn('object', text, (c) => c.notNull())
    .addColumn('start', integer, (c) => c.notNull())
    .addColumn('size_bytes', integer, (c) => c.notNull())
    .execute()
  await index('blob_chunks', ['object'])
  await table('blob_marks' satisfies keyof BlobTables)
    .addColumn('round', text, (c) => c.notNull())
    .addColumn('sha256', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('blob_marks_key', ['round', 'sha256'])
    .execute()
}

async function createHolds({ text, integer, table, index }: Schema): Promise<void> {
  await table('data_holds')
    .addColumn('id', text, (c) => c.primaryKey())
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('dataset', text, (c) => c.notNull())
    .addColumn('version', integer)
    .addColumn('reason', text, (c) => c.notNull())
    .addColumn('created_by', text, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('released_by', text)
    .addColumn('released_at', integer)
    .execute()
  await index('data_holds', ['project', 'dataset'])
  await table('data_retention')
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('dataset', text, (c) => c.notNull())
    .addColumn('keep_versions', integer)
    .addColumn('keep_days', integer)
    .addPrimaryKeyConstraint('data_retention_key', ['project', 'dataset'])
    .execute()
}
