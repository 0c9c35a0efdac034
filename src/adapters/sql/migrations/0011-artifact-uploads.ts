import type { RunsTables } from '#domains/runs/store'
import type { Migration } from './all.ts'

/** Large files on their way in parts. */
export const artifactUploads: Migration = {
  name: '0011-artifact-uploads',
  async up({ text, integer, table, index }) {
    await table('artifact_uploads' satisfies keyof RunsTables)
      .addColumn('id', text, (c) => c.primaryKey())
      .addColumn('project', text, (c) => c.notNull())
      .addColumn('path', text, (c) => c.notNull())
      .addColumn('parts', integer, (c) => c.notNull())
      .addColumn('state', text, (c) => c.notNull())
      .addColumn('secret_sha256', text, (c) => c.notNull())
      .addColumn('created_at', integer, (c) => c.notNull())
      .execute()
    await index('artifact_uploads', ['created_at'])
    await table('artifact_parts' satisfies keyof RunsTables)
      .addColumn('upload_id', text, (c) => c.notNull())
      .addColumn('number', integer, (c) => c.notNull())
      .addColumn('sha256', text, (c) => c.notNull())
      .addColumn('md5', text, (c) => c.notNull())
      .addPrimaryKeyConstraint('artifact_parts_key', ['upload_id', 'number'])
      .execute()
  },
}
