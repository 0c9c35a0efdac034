import { authorize } from '#kernel/principals'
import { parseSubject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { journalColumns } from './list-records.ts'
import { type JournalRecord, recordFromRow } from './record.ts'
import { recordsBySeq, recordsOfSubject } from './records-of.ts'
import { sentenceOf } from './sentence.ts'
import type { JournalTables } from './store.ts'

export interface TurnStep {
  seq: number
  at: number
  verb: string
  subject: string
  sentence: string
}

/** One turn of the loop, from its first cause to its outcome. */
export interface Turn extends Omit<TurnStep, 'verb'> {
  outcome: 'promoted' | 'refused' | 'rolled-back'
  steps: TurnStep[]
}

const outcomes: Readonly<Record<string, Turn['outcome']>> = {
  'rollout.promoted': 'promoted',
  'gate.refused': 'refused',
  'rollout.rolled-back': 'rolled-back',
}

const longestTurn = 40

/** The last turns of the loop, newest first: each the one line of causes that leads to its outcome. */
export async function listTurns(ctx: Context, project: string, limit: number): Promise<Turn[]> {
  authorize(ctx, 'viewer', project)
  const rows = await ctx.tables
    .read<JournalTables>()
    .selectFrom('journal')
    .select(journalColumns)
    .where('project', '=', project)
    .where('verb', 'in', Object.keys(outcomes))
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute()
  const turns: Turn[] = []
  for (const record of rows.map(recordFromRow)) turns.push(await turnOf(ctx, project, record))
  return turns
}

async function turnOf(ctx: Context, project: string, end: JournalRecord): Promise<Turn> {
  const steps: JournalRecord[] = [end]
  for (let current = end; steps.length < longestTurn;) {
    const cause = await directCause(ctx, project, current)
    if (cause === undefined) break
    steps.push(cause)
    current = cause
  }
  const { seq, at, subject } = end
  return {
    seq,
    at,
    subject,
    sentence: sentenceOf(end),
    outcome: outcomes[end.verb] ?? 'promoted',
    steps: steps.reverse().map(stepOf),
  }
}

/** The record that it names as its cause, else the first one about its own subject. */
async function directCause(
  ctx: Context,
  project: string,
  { seq, subject, inputs }: JournalRecord,
): Promise<JournalRecord | undefined> {
  const causes = inputs
    .map((input) => parseSubject(input))
    .filter(({ kind }) => kind === 'record')
    .map(({ name }) => Number(name))
    .filter((cause) => cause < seq)
  if (causes.length > 0) {
    const [cause] = await recordsBySeq(ctx, project, [Math.max(...causes)])
    return cause
  }
  const earlier = await recordsOfSubject(ctx, project, subject, seq, 1)
  return earlier.at(-1)
}

function stepOf(record: JournalRecord): TurnStep {
  const { seq, at, verb, subject } = record
  return { seq, at, verb, subject, sentence: sentenceOf(record) }
}
