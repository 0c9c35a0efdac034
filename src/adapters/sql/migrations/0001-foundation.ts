import type { Transaction } from 'kysely'
import type { AccessTables } from '#domains/access/store'
import type { JournalTables } from '#domains/journal/store'
import type { Migration } from './all.ts'
import type { Schema } from './columns.ts'

/** The ground floor: access, the journal, work and leases. */
export const foundation: Migration = {
  name: '0001-foundation',
  async up(schema) {
    await createAccess(schema)
    await createJournal(schema)
    await createWork(schema)
  },
}

async function createAccess({ text, integer, table }: Schema): Promise<void> {
  const tokens: keyof AccessTables = 'service_tokens'
  await table(tokens)
    .addColumn('id', text, (c) => c.primaryKey())
    .addColumn('name', text, (c) => c.notNull().unique())
    .addColumn('secret_sha256', text, (c) => c.notNull().unique())
    .addColumn('grants', text, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('created_by', text, (c) => c.notNull())
    .addColumn('expires_at', integer)
    .addColumn('revoked_at', integer)
    .execute()
  const projects: keyof AccessTables = 'projects'
  await table(projects)
    .addColumn('name', text, (c) => c.primaryKey())
    .addColumn('description', text, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .execute()
}

async function createJournal({ db, text, integer, table, index }: Schema): Promise<void> {
  await table('journal')
    .addColumn('seq', integer, (c) => c.primaryKey())
    .addColumn('at', integer, (c) => c.notNull())
    .addColumn('actor', text, (c) => c.notNull())
    .addColumn('verb', text, (c) => c.notNull())
    .addColumn('subject', text, (c) => c.notNull())
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('inputs', text, (c) => c.notNull())
    .addColumn('outputs', text, (c) => c.notNull())
    .addColumn('detail', text, (c) => c.notNull())
    .addColumn('prev_hash', text, (c) => c.notNull())
    .addColumn('hash', text, (c) => c.notNull())
    .execute()
  await index('journal', ['subject', 'seq'])
  await index('journal', ['verb', 'seq'])
  await index('journal', ['project', 'seq'])
  await table('journal_edges')
    .addColumn('seq', integer, (c) => c.notNull())
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('source', text, (c) => c.notNull())
    .addColumn('target', text, (c) => c.notNull())
    .execute()
  await index('journal_edges', ['source', 'seq'])
  await index('journal_edges', ['target', 'seq'])
  await table('journal_head')
    .addColumn('id', integer, (c) => c.primaryKey())
    .addColumn('seq', integer, (c) => c.notNull())
    .addColumn('hash', text, (c) => c.notNull())
    .execute()
  const journal = db as unknown as Transaction<JournalTables>
  await journal
    .insertInto('journal_head')
    .values({ id: 1, seq: 0, hash: '0'.repeat(64) })
    .execute()
  await table('subscriptions')
    .addColumn('name', text, (c) => c.primaryKey())
    .addColumn('cursor', integer, (c) => c.notNull())
    .execute()
}

/** Jobs and leases. `available_at`: when a worker may claim it; null when it is over. */
async function createWork({ text, integer, table, index }: Schema): Promise<void> {
  await table('jobs')
    .addColumn('id', text, (c) => c.primaryKey())
    .addColumn('kind', text, (c) => c.notNull())
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('payload', text, (c) => c.notNull())
    .addColumn('key', text)
    .addColumn('cause', integer)
    .addColumn('state', text, (c) => c.notNull())
    .addColumn('attempt', integer, (c) => c.notNull())
    .addColumn('run_at', integer, (c) => c.notNull())
    .addColumn('available_at', integer)
    .addColumn('reason', text)
    .addColumn('owner', text)
    .addColumn('token', integer, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('finished_at', integer)
    .execute()
  await index('jobs', ['kind', 'key'], { unique: true })
  await index('jobs', ['kind', 'available_at', 'id'])
  await index('jobs', ['project', 'id'])
  await table('leases')
    .addColumn('name', text, (c) => c.primaryKey())
    .addColumn('owner', text, (c) => c.notNull())
    .addColumn('token', integer, (c) => c.notNull())
    .addColumn('until', integer, (c) => c.notNull())
    .execute()
}
