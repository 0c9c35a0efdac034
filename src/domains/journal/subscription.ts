import type { GyreError } from '#kernel/errors'
import { authorize, everyProject } from '#kernel/principals'
import { subject } from '#kernel/subjects'
import type { Context, Platform } from '#domains/access/index'
import { commit } from './commit.ts'
import { type JournalRecord, recordFromRow } from './record.ts'
import { journalColumns, type JournalTables } from './store.ts'

/** Records of all projects after `after`, oldest first. */
export async function readRecordsAfter(
  { tables }: Platform,
  after: number,
  limit: number,
): Promise<JournalRecord[]> {
  const rows = await tables
    .read<JournalTables>()
    .selectFrom('journal')
    .select(journalColumns)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute()
  return rows.map(recordFromRow)
}

/** The last record that the subscription has dealt with; 0 for a new one. */
export async function readCursor({ tables }: Platform, name: string): Promise<number> {
  const row = await tables
    .read<JournalTables>()
    .selectFrom('subscriptions')
    .select('cursor')
    .where('name', '=', name)
    .executeTakeFirst()
  return row?.cursor ?? 0
}

/** Remembers how far the subscription is. It never goes back. */
export async function moveCursor(
  { tables }: Platform,
  name: string,
  cursor: number,
): Promise<void> {
  await tables.write<JournalTables, void>(async (tx) => {
    await tx
      .insertInto('subscriptions')
      .values({ name, cursor })
      .onConflict((oc) =>
        oc.column('name').doUpdateSet({ cursor }).where('subscriptions.cursor', '<', cursor),
      )
      .execute()
  })
}

/** Writes down that a subscription could not deal with a record and went on. */
export async function recordSkipped(
  ctx: Context,
  subscription: string,
  { seq, project, verb, subject: about }: JournalRecord,
  error: GyreError,
): Promise<void> {
  authorize(ctx, 'admin', everyProject)
  await commit(ctx, async (change) => {
    change.record({
      verb: 'subscription.skipped',
      subject: subject('record', String(seq)),
      project,
      inputs: [about],
      detail: { subscription, verb, problem: error.public },
    })
  })
}
