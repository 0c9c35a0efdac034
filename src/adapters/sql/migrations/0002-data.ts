import type { DataTables } from '#domains/data/store'
import type { Migration } from './all.ts'
import type { Schema } from './columns.ts'

/** Data sets, their versions, what was uploaded, and what was measured of files. */
export const data: Migration = {
  name: '0002-data',
  async up(schema) {
    await createDatasets(schema)
    await createVersions(schema)
    await createFiles(schema)
  },
}

async function createDatasets({ text, integer, table }: Schema): Promise<void> {
  await table('datasets' satisfies keyof DataTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('description', text, (c) => c.notNull())
    .addColumn('path', text)
    .addColumn('timestamp_column', text)
    .addColumn('known_at_column', text)
    .addColumn('expectations', text, (c) => c.notNull())
    .addColumn('latest_version', integer)
    .addColumn('last_version', integer, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('updated_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('datasets_key', ['project', 'name'])
    .execute()
}

async function createVersions({ text, integer, table }: Schema): Promise<void> {
  await table('data_versions' satisfies keyof DataTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('dataset', text, (c) => c.notNull())
    .addColumn('version', integer, (c) => c.notNull())
    .addColumn('state', text, (c) => c.notNull())
    .addColumn('digest', text, (c) => c.notNull())
    .addColumn('dvc_digest', text, (c) => c.notNull())
    .addColumn('parent', integer)
    .addColumn('message', text, (c) => c.notNull())
    .addColumn('author', text, (c) => c.notNull())
    .addColumn('git_commit', text)
    .addColumn('files', integer, (c) => c.notNull())
    .addColumn('size_bytes', integer, (c) => c.notNull())
    .addColumn('rows', integer)
    .addColumn('summary', text, (c) => c.notNull())
    .addColumn('schema_columns', text, (c) => c.notNull())
    .addColumn('profile', text, (c) => c.notNull())
    .addColumn('changes', text, (c) => c.notNull())
    .addColumn('verdict', text)
    .addColumn('expectations_digest', text, (c) => c.notNull())
    .addColumn('expectations_met', integer, (c) => c.notNull())
    .addColumn('expectations_failed', integer, (c) => c.notNull())
    .addColumn('released', text)
    .addColumn('created_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('data_versions_key', ['project', 'dataset', 'version'])
    .execute()
}

async function createFiles({ text, integer, table }: Schema): Promise<void> {
  await table('data_blobs' satisfies keyof DataTables)
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('sha256', text, (c) => c.notNull())
    .addColumn('md5', text, (c) => c.notNull())
    .addColumn('size_bytes', integer, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('data_blobs_key', ['project', 'sha256'])
    .execute()
  await table('data_file_profiles' satisfies keyof DataTables)
    .addColumn('sha256', text, (c) => c.notNull())
    .addColumn('edges_digest', text, (c) => c.notNull())
    .addColumn('profile', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('data_file_profiles_key', ['sha256', 'edges_digest'])
    .execute()
}
