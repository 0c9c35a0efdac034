import { authorize } from '#kernel/principals'
import type { Context } from '#domains/access/index'
import { journalColumns } from './list-records.ts'
import { type JournalRecord, recordFromRow } from './record.ts'
import { sentenceOf } from './sentence.ts'
import type { JournalTables } from './store.ts'
import { causesOf, Story } from './story.ts'

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
  const story = new Story(ctx, project, longestTurn)
  const steps = [end]
  for (let current = end; steps.length < longestTurn;) {
    const cause = await stepBefore(story, current)
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

/**
 * The record that one names as its cause, else the last thing that led to it. A turn begins with the
 * data: what an alarm was compared with belongs to the turn before.
 */
async function stepBefore(story: Story, record: JournalRecord): Promise<JournalRecord | undefined> {
  if (record.verb === 'data.committed') return undefined
  const { told: causes } = await causesOf(story, record)
  if (record.verb === 'alarm.raised') return causes.find(({ verb }) => verb === 'data.committed')
  const named = new Set(record.inputs)
  const cause = causes.find(({ seq }) => named.has(`record:${seq}`)) ?? causes[0]
  return cause === undefined || cause.verb in outcomes ? undefined : cause
}

function stepOf(record: JournalRecord): TurnStep {
  const { seq, at, verb, subject } = record
  return { seq, at, verb, subject, sentence: sentenceOf(record) }
}
