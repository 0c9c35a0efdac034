import { parseSubject, type Subject, subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit, hasEffect, type JournalRecord } from '#domains/journal/index'
import { triggerFromRow } from './declare-trigger.ts'
import { readPipelines, triggerColumns } from './store.ts'
import type { Trigger, TriggerDeclaration } from './trigger.ts'

/** A trigger that a record is about, whether it fires or not. */
export interface TriggerMatch {
  project: string
  trigger: string
  pipeline: string
  fires: boolean
  /** One firing per key, ever. */
  key: string
  /** Why it fires, or why it does not. */
  reason: string
  /** What it is asked for: `alarm:…`, `data:flights@8`. */
  inputs: Subject[]
}

/** What a record means to one trigger; undefined: nothing, it listens to something else. */
type Verdict = Pick<TriggerMatch, 'fires' | 'reason'> | undefined

/**
 * The triggers that listen for what a journal record tells: `data.committed` those on data,
 * `alarm.raised` those on an alarm. The loop then calls `fireTrigger` with those that fire, and
 * `recordSkipped` with the others.
 */
export async function matchTriggers(ctx: Context, record: JournalRecord): Promise<TriggerMatch[]> {
  authorize(ctx, 'viewer', record.project)
  if (record.verb !== 'data.committed' && record.verb !== 'alarm.raised') return []
  const rows = await readPipelines(ctx)
    .selectFrom('triggers')
    .select(triggerColumns)
    .where('project', '=', record.project)
    .orderBy('name')
    .execute()
  return rows.map(triggerFromRow).flatMap((trigger) => {
    const verdict = judge(trigger, record)
    if (verdict === undefined) return []
    return [
      {
        project: record.project,
        trigger: trigger.name,
        pipeline: trigger.declaration.run,
        key: String(record.seq),
        inputs: [record.subject],
        ...verdict,
      },
    ]
  })
}

/**
 * Records why triggers that listen for a record did not fire, once, so that it can be asked why
 * nothing was run.
 */
export async function recordSkipped(
  ctx: Context,
  record: JournalRecord,
  skipped: readonly TriggerMatch[],
): Promise<void> {
  authorize(ctx, 'operator', record.project)
  if (skipped.length === 0 || (await hasEffect(ctx, record.seq, 'trigger.skipped'))) return
  await commit(ctx, async (change) => {
    for (const { trigger, project, inputs, key, reason, pipeline } of skipped) {
      change.record({
        verb: 'trigger.skipped',
        subject: subject('trigger', trigger),
        project,
        inputs,
        outputs: [subject('pipeline', pipeline)],
        detail: { key, reason, pipeline },
      })
    }
  })
}

function judge({ declaration, enabled }: Trigger, record: JournalRecord): Verdict {
  const verdict =
    declaration.on === 'data'
      ? judgeData(declaration, record)
      : declaration.on === 'alarm'
        ? judgeAlarm(declaration, record)
        : undefined
  if (verdict === undefined || enabled) return verdict
  return { fires: false, reason: 'It is disabled.' }
}

type DataTrigger = Extract<TriggerDeclaration, { on: 'data' }>
type AlarmTrigger = Extract<TriggerDeclaration, { on: 'alarm' }>

function judgeData({ dataset, every }: DataTrigger, record: JournalRecord): Verdict {
  const { kind, name, version } = parseSubject(record.subject)
  if (record.verb !== 'data.committed' || kind !== 'data' || name !== dataset) return undefined
  const number = Number(version)
  const arrived = `Version ${number} of ${name} arrived, and it fires on`
  if (every === 1) return { fires: true, reason: `${arrived} a new version.` }
  const fires = number % every === 0
  const next = fires ? '' : `: next on version ${number + every - (number % every)}`
  return { fires, reason: `${arrived} every ${every} versions${next}.` }
}

function judgeAlarm({ monitor, every }: AlarmTrigger, record: JournalRecord): Verdict {
  const { verb, inputs, outputs, subject: about, detail } = record
  const wanted = subject('monitor', monitor)
  const raisedBy = [...inputs, ...outputs, about]
  const matches =
    raisedBy.some((s) => s === wanted || s.startsWith(`${wanted}@`)) ||
    detail['monitor'] === monitor
  if (verb !== 'alarm.raised' || !matches) return undefined
  // Alarms of one incident have one cause, which is asked about again only every so many alarms.
  const ordinal = typeof detail['ordinal'] === 'number' ? detail['ordinal'] : 1
  const text = detail['text'] ?? detail['reason']
  const what = typeof text === 'string' ? `: ${text}` : '.'
  if ((ordinal - 1) % every === 0) {
    return { fires: true, reason: `Monitor ${monitor} raised an alarm${what}` }
  }
  const next = ordinal + every - ((ordinal - 1) % every)
  const why = `It is alarm ${ordinal} of its incident; it fires on the first and every ${every} later, next on alarm ${next}.`
  return { fires: false, reason: why }
}
