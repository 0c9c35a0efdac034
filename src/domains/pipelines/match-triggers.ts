import { parseSubject, type Subject, subject } from '#kernel/subjects'
import { formatInstant } from '#kernel/time'
import { authorize, type Context } from '#domains/access/index'
import { newestEvent } from '#domains/data/index'
import { commit, hasEffect, type JournalRecord } from '#domains/journal/index'
import { triggerFromRow } from './declare-trigger.ts'
import { readPipelines, triggerColumns } from './store.ts'
import { nextDue, type Trigger, type TriggerDeclaration } from './trigger.ts'

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
  const triggers = rows.map(triggerFromRow)
  const passed = await passedTime(ctx, triggers, record)
  return triggers.flatMap((trigger) => {
    const verdict = judge(trigger, record, passed)
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

/** Event time that a new version of a data set brought: from that of its parent on. */
interface PassedTime {
  from: number
  to: number
}

/** What a schedule by event times is judged on; undefined where none of these triggers is one. */
async function passedTime(
  ctx: Context,
  triggers: readonly Trigger[],
  { project, verb, subject: about }: JournalRecord,
): Promise<PassedTime | undefined> {
  const { name: dataset, version } = parseSubject(about)
  const asked = triggers.some(
    ({ declaration: d }) =>
      verb === 'data.committed' && d.on === 'schedule' && d.dataset === dataset,
  )
  if (!asked || version === undefined) return undefined
  const now = await newestEvent(ctx, { project, dataset, version })
  if (now === undefined || now.parent === null) return undefined
  const before = await newestEvent(ctx, { project, dataset, version: String(now.parent) })
  return before === undefined ? undefined : { from: before.at, to: now.at }
}

function judge(
  { declaration, enabled }: Trigger,
  record: JournalRecord,
  passed: PassedTime | undefined,
): Verdict {
  const verdict =
    declaration.on === 'data'
      ? judgeData(declaration, record)
      : declaration.on === 'alarm'
        ? judgeAlarm(declaration, record)
        : declaration.on === 'schedule'
          ? judgeSchedule(declaration, record, passed)
          : undefined
  if (verdict === undefined || enabled) return verdict
  return { fires: false, reason: 'It is disabled.' }
}

type DataTrigger = Extract<TriggerDeclaration, { on: 'data' }>
type ScheduleTrigger = Extract<TriggerDeclaration, { on: 'schedule' }>
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

function judgeSchedule(
  { dataset, cron }: ScheduleTrigger,
  record: JournalRecord,
  passed: PassedTime | undefined,
): Verdict {
  const { kind, name, version } = parseSubject(record.subject)
  if (record.verb !== 'data.committed' || kind !== 'data' || name !== dataset) return undefined
  const arrived = `Version ${version} of ${name}`
  if (passed === undefined) {
    return { fires: false, reason: `${arrived} and the one before do not both tell event times.` }
  }
  const due = nextDue(cron, passed.from)
  const until = formatInstant(passed.to)
  if (due !== null && due <= passed.to) {
    const reason = `${arrived} goes until ${until}: its schedule ${cron} was due at ${formatInstant(due)}.`
    return { fires: true, reason }
  }
  const next = due === null ? 'never again' : `next at ${formatInstant(due)}`
  return { fires: false, reason: `${arrived} goes until ${until}; ${cron} is due ${next}.` }
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
