import type { DataTables } from '#domains/data/store'
import type { Migration } from './all.ts'
import type { Schema } from './columns.ts'

/** What DVC remotes hold under which name, what their manifests wait for, and what went wrong. */
export const dvcRemotes: Migration = {
  name: '0018-dvc-remotes',
  async up(schema) {
    await createRemotes(schema)
    await createObjects(schema)
    await createProblems(schema)
    await schema.index('data_blobs', ['project', 'md5'])
    await schema.index('data_versions', ['project', 'dvc_digest'])
  },
}

async function createRemotes({ text, integer, table }: Schema): Promise<void> {
  await table('dvc_remotes' satisfies keyof DataTables)
    .addColumn('repo', text, (c) => c.primaryKey())
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('removals', integer, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .execute()
}

async function createObjects({ text, integer, table, index }: Schema): Promise<void> {
  await table('dvc_objects' satisfies keyof DataTables)
    .addColumn('repo', text, (c) => c.notNull())
    .addColumn('path', text, (c) => c.notNull())
    .addColumn('sha256', text, (c) => c.notNull())
    .addColumn('md5', text, (c) => c.notNull())
    .addColumn('size_bytes', integer, (c) => c.notNull())
    .addColumn('missing', integer, (c) => c.notNull())
    .addColumn('checked', integer, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('dvc_objects_key', ['repo', 'path'])
    .execute()
  await index('dvc_objects', ['sha256'])
  await table('dvc_waiting' satisfies keyof DataTables)
    .addColumn('repo', text, (c) => c.notNull())
    .addColumn('member', text, (c) => c.notNull())
    .addColumn('directory', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('dvc_waiting_key', ['repo', 'member', 'directory'])
    .execute()
  await index('dvc_waiting', ['repo', 'directory'])
}

async function createProblems({ text, integer, table }: Schema): Promise<void> {
  await table('dvc_problems' satisfies keyof DataTables)
    .addColumn('repo', text, (c) => c.notNull())
    .addColumn('kind', text, (c) => c.notNull())
    .addColumn('client', text, (c) => c.notNull())
    .addColumn('message', text, (c) => c.notNull())
    .addColumn('count', integer, (c) => c.notNull())
    .addColumn('first_at', integer, (c) => c.notNull())
    .addColumn('last_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('dvc_problems_key', ['repo', 'kind', 'client'])
    .execute()
}
