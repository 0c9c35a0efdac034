import type { Context } from '#domains/access/index'
import { type JournalRecord, recordFromRow } from './record.ts'
import { journalColumns, type JournalTables } from './store.ts'

/** Records of a project by number; those that are not there are left out. */
export async function recordsBySeq(
  ctx: Pick<Context, 'tables'>,
  project: string,
  seqs: readonly number[],
): Promise<JournalRecord[]> {
  const wanted = seqs.filter((seq) => Number.isSafeInteger(seq))
  if (wanted.length === 0) return []
  const rows = await ctx.tables
    .read<JournalTables>()
    .selectFrom('journal')
    .select(journalColumns)
    .where('seq', 'in', wanted)
    .where('project', '=', project)
    .orderBy('seq', 'desc')
    .execute()
  return rows.map(recordFromRow)
}

/** Records of every detail of a life, which explain nothing that came of it. */
const notTelling = [
  'artifact.stored',
  'artifact.deleted',
  'artifact.upload-started',
  'artifact.upload-aborted',
  'logged-model.logged',
  'model.updated',
  'version.updated',
  'version.commented',
  'run.linked',
  'run.logged',
  'run.updated',
  'rollout.prepared',
  'rollout.loaded',
  'rollout.warmed',
]

/**
 * The newest `count` records before `before` that speak of a subject: as what changed, or as what
 * came of a change.
 */
export async function recordsOfSubject(
  ctx: Pick<Context, 'tables'>,
  project: string,
  subject: string,
  before: number,
  count: number,
): Promise<JournalRecord[]> {
  const db = ctx.tables.read<JournalTables>()
  const changed = db
    .selectFrom('journal')
    .select('seq')
    .where('subject', '=', subject)
    .where('project', '=', project)
    .where('seq', '<', before)
    .where('verb', 'not in', notTelling)
  const cameOf = db
    .selectFrom('journal_edges')
    .innerJoin('journal', 'journal.seq', 'journal_edges.seq')
    .select('journal.seq')
    .where('journal_edges.target', '=', subject)
    .where('journal.project', '=', project)
    .where('journal.subject', '!=', subject)
    .where('journal_edges.seq', '<', before)
    .where('journal.verb', 'not in', notTelling)
  const [newestChanged, newestCameOf] = await Promise.all([
    changed.orderBy('seq', 'desc').limit(count).execute(),
    cameOf.orderBy('journal.seq', 'desc').limit(count).execute(),
  ])
  const seqs = [...new Set([...newestChanged, ...newestCameOf].map(({ seq }) => seq))]
    .sort((a, b) => b - a)
    .slice(0, count)
  return recordsBySeq(ctx, project, seqs)
}

/** Whether a record whose verb begins so names this one as its cause. */
export async function hasEffect(
  ctx: Pick<Context, 'tables'>,
  cause: number,
  verbPrefix: string,
): Promise<boolean> {
  const row = await ctx.tables
    .read<JournalTables>()
    .selectFrom('journal_edges')
    .innerJoin('journal', 'journal.seq', 'journal_edges.seq')
    .select('journal.seq')
    .where('source', '=', `record:${cause}`)
    .where('verb', 'like', `${verbPrefix}%`)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
