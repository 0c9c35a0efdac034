import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import { invalid, notFound } from '#kernel/errors'
import { authorizeWhole } from '#kernel/principals'
import { parseSubject } from '#kernel/subjects'
import type { Context, Platform } from '#domains/access/index'
import { type JournalRecord, recordFromRow } from './record.ts'
import { journalColumns, type JournalTables } from './store.ts'

export interface RecordFilter {
  /** A verb, or the beginning of one that ends with a dot: `rollout.`. */
  verb?: string | undefined
  /** Records that have it as subject, input or output. */
  subject?: string | undefined
  actor?: string | undefined
  /** Instants: from `since`, before `until`. */
  since?: number | undefined
  until?: number | undefined
  /** Sequence numbers, both exclusive. */
  after?: number | undefined
  before?: number | undefined
  order: 'newest' | 'oldest'
  limit: number
  pageToken?: string | undefined
}

/** Records of a project that match, and where the next page begins. */
export async function listRecords(
  ctx: Context,
  project: string,
  filter: RecordFilter,
): Promise<{ items: JournalRecord[]; nextPageToken?: string }> {
  authorizeWhole(ctx, 'viewer', project)
  const newest = filter.order === 'newest'
  const from = filter.pageToken === undefined ? undefined : pageStart(filter.pageToken)
  const rows = await ctx.tables
    .scan<JournalTables>()
    .selectFrom('journal')
    .select(journalColumns)
    .where('project', '=', project)
    .where((eb) => eb.and(conditions(eb, filter)))
    .$if(from !== undefined, (query) => query.where('seq', newest ? '<' : '>', from ?? 0))
    .orderBy('seq', newest ? 'desc' : 'asc')
    .limit(filter.limit + 1)
    .execute()
  const items = rows.slice(0, filter.limit).map(recordFromRow)
  const last = items.at(-1)
  return rows.length > filter.limit && last !== undefined
    ? { items, nextPageToken: String(last.seq) }
    : { items }
}

/** One record of a project. */
export async function getRecord(
  ctx: Context,
  project: string,
  seq: number,
): Promise<JournalRecord> {
  authorizeWhole(ctx, 'viewer', project)
  const row = await ctx.tables
    .read<JournalTables>()
    .selectFrom('journal')
    .select(journalColumns)
    .where('project', '=', project)
    .where('seq', '=', seq)
    .executeTakeFirst()
  if (row === undefined)
    throw notFound('record', String(seq), 'See them with: gyre why, or the journal.')
  return recordFromRow(row)
}

/** The newest sequence number over all projects; 0 for an empty journal. */
export async function journalHead(platform: Platform): Promise<number> {
  const row = await platform.tables
    .read<JournalTables>()
    .selectFrom('journal_head')
    .select('seq')
    .where('id', '=', 1)
    .executeTakeFirstOrThrow()
  return row.seq
}

function conditions(
  eb: ExpressionBuilder<JournalTables, 'journal'>,
  filter: RecordFilter,
): Expression<SqlBool>[] {
  const { verb, subject, actor, since, until, after, before } = filter
  const all: (Expression<SqlBool> | undefined)[] = [
    verb === undefined ? undefined : verbCondition(eb, verb),
    subject === undefined ? undefined : subjectCondition(eb, subject),
    actor === undefined ? undefined : eb('actor', '=', actor),
    since === undefined ? undefined : eb('at', '>=', since),
    until === undefined ? undefined : eb('at', '<', until),
    after === undefined ? undefined : eb('seq', '>', after),
    before === undefined ? undefined : eb('seq', '<', before),
  ]
  return all.filter((condition) => condition !== undefined)
}

function verbCondition(
  eb: ExpressionBuilder<JournalTables, 'journal'>,
  verb: string,
): Expression<SqlBool> {
  if (!/^[a-z][a-z-]*(\.[a-z-]*)?$/.test(verb)) {
    throw invalid(
      `${JSON.stringify(verb.slice(0, 100))} is not a verb. Write data.committed, or data. for all of a noun.`,
    )
  }
  if (!verb.endsWith('.') && verb.includes('.')) return eb('verb', '=', verb)
  // A range, so that the index serves it: '/' follows '.'.
  const noun = verb.replace(/\.$/, '')
  return eb.and([eb('verb', '>=', `${noun}.`), eb('verb', '<', `${noun}/`)])
}

function subjectCondition(
  eb: ExpressionBuilder<JournalTables, 'journal'>,
  subject: string,
): Expression<SqlBool> {
  parseSubject(subject)
  const touched = (column: 'source' | 'target') =>
    eb.selectFrom('journal_edges').select('journal_edges.seq').where(column, '=', subject)
  return eb.or([
    eb('subject', '=', subject),
    eb('seq', 'in', touched('source')),
    eb('seq', 'in', touched('target')),
  ])
}

function pageStart(token: string): number {
  if (/^\d{1,15}$/.test(token)) return Number(token)
  throw invalid('The page token is not one that this server gave.')
}
