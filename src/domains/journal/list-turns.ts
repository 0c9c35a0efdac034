import { authorizeWhole } from '#kernel/principals'
import type { Context } from '#domains/access/index'
import { type JournalRecord, recordFromRow } from './record.ts'
import { sentenceOf } from './sentence.ts'
import { journalColumns, type JournalTables } from './store.ts'
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
  authorizeWhole(ctx, 'viewer', project)
  const rows = await ctx.tables
    .scan<JournalTables>()
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

/** Where a turn begins at the latest; what was compared with before that belongs to other turns. */
const beginnings = ['data.committed', 'data.released']
const observations = ['window.evaluated', 'alarm.raised']
/** What was set up rather than happened. */
const settings = /^(?!run\.).*\.(created|declared|changed|applied|checked|materialized|updated)$/

/** The record that one names as its cause, else the last thing that happened and led to it. */
async function stepBefore(story: Story, record: JournalRecord): Promise<JournalRecord | undefined> {
  if (beginnings.includes(record.verb)) return undefined
  const named = new Set(record.inputs)
  const { told } = await causesOf(story, record)
  const cause =
    told.find(({ verb }) => record.verb === 'execution.queued' && verb === 'trigger.fired') ??
    told.find(({ seq }) => named.has(`record:${seq}`)) ??
    told.find(({ verb }) =>
      observations.includes(record.verb) ? beginnings.includes(verb) : !settings.test(verb),
    )
  return cause === undefined || cause.verb in outcomes ? undefined : cause
}

function stepOf(record: JournalRecord): TurnStep {
  const { seq, at, verb, subject } = record
  return { seq, at, verb, subject, sentence: sentenceOf(record) }
}
