import type { Json } from '#kernel/json'
import { type Subject, subject } from '#kernel/subjects'
import { formatInstant } from '#kernel/time'
import { authorize, type Context } from '#domains/access/index'
import { type JournalRecord, sentenceOf } from '#domains/journal/index'
import type { Severity } from './incident.ts'
import { raiseAlarm } from './raise-alarm.ts'
import { endConditions } from './settle-incident.ts'

interface Began {
  kind: string
  severity: Severity
  text: string
  detail?: Record<string, Json>
}

/** What one record says about trouble: what began, and what ended. */
interface Trouble {
  source: string
  began: Began[]
  /** Kinds, and what shows that they are over. */
  ended: string[]
  proof?: string
  /** What it was found on, besides the record and its subject. */
  evidence?: Subject[]
}

type Reading = (record: JournalRecord) => Trouble

/** Which records tell of trouble, or of its end. */
const readings: Readonly<Record<string, Reading>> = {
  'window.evaluated': readWindow,
  'execution.failed': (record) =>
    troubleOf(pipelineOf(record), record, 'execution-failed', 'critical'),
  'execution.succeeded': (record) => endOf(pipelineOf(record), 'execution-failed'),
  'rollout.rolled-back': (record) =>
    troubleOf(endpointOf(record), record, 'release-rolled-back', 'critical'),
  'rollout.failed': (record) => troubleOf(endpointOf(record), record, 'release-failed', 'warning'),
  'rollout.promoted': (record) =>
    endOf(endpointOf(record), 'release-rolled-back', 'release-failed'),
  'data.refused': (record) => troubleOf(datasetOf(record), record, 'data-refused', 'warning'),
  'data.committed': (record) => endOf(datasetOf(record), 'data-refused'),
  'data.released': (record) => endOf(datasetOf(record), 'data-refused'),
  'job.failed': (record) => troubleOf(jobsOf(record), record, 'job-failed', 'warning'),
}

/**
 * Turns a record into alarms, and resolves incidents whose condition it shows to be over. To be
 * called with the record as the context's cause; calling it twice for a record changes nothing.
 */
export async function followRecord(ctx: Context, record: JournalRecord): Promise<void> {
  authorize(ctx, 'editor', record.project)
  const reading = readings[record.verb]
  if (reading === undefined) return
  const { project, seq } = record
  const { source, began, ended, proof, evidence: found = [] } = reading(record)
  const evidence: Subject[] = [subject('record', String(seq)), record.subject, ...found]
  for (const { detail, ...alarm } of began) {
    const report = `record:${seq}/${alarm.kind}`
    await raiseAlarm(ctx, { project, source, ...alarm, evidence, detail: detail ?? {}, report })
  }
  if (ended.length === 0) return
  const note = `It ended with record ${seq}: ${proof ?? sentenceOf(record)}`
  await endConditions(ctx, { project, source, kinds: ended, note, evidence })
}

function troubleOf(
  source: string,
  record: JournalRecord,
  kind: string,
  severity: Severity,
): Trouble {
  return { source, began: [{ kind, severity, text: sentenceOf(record) }], ended: [] }
}

function endOf(source: string, ...ended: string[]): Trouble {
  return { source, began: [], ended }
}

function endpointOf({ detail, subject: own }: JournalRecord): string {
  const { endpoint } = detail
  return typeof endpoint === 'string' ? subject('endpoint', endpoint) : own
}

function pipelineOf({ detail, subject: own }: JournalRecord): string {
  const { pipeline } = detail
  return typeof pipeline === 'string' ? subject('pipeline', pipeline) : own
}

/** Jobs of a kind fail for one cause more often than not. */
function jobsOf({ detail, subject: own }: JournalRecord): string {
  const { kind } = detail
  return typeof kind === 'string' ? subject('job', kind) : own
}

/** The data set, whichever version it was. */
function datasetOf({ subject: own }: JournalRecord): string {
  return own.replace(/@[^@]*$/, '')
}

/** What a window of a monitor found, as its record tells. */
interface WindowDetail {
  start: number
  end: number
  reference: number | null
  alarms: { kind: string; severity: Severity; text: string }[]
  checks: { kind: string; column: string | null; verdict: string; [member: string]: Json }[]
}

/** Kinds of trouble that a window looked for and did not find are over. */
function readWindow(record: JournalRecord): Trouble {
  const { start, end, reference, alarms, checks } = record.detail as unknown as WindowDetail
  const looked = new Set(checks.filter(({ verdict }) => verdict === 'ok').map(({ kind }) => kind))
  for (const { kind } of alarms) looked.delete(kind)
  const [from, to] = [start, end].map((at) => formatInstant(at).slice(0, 16))
  return {
    source: record.subject,
    began: alarms.map(({ kind, severity, text }) => {
      const found = checks.filter((check) => check.kind === kind && check.verdict === 'alarm')
      return { kind, severity, text, detail: { start, end, reference, checks: found } }
    }),
    ended: [...looked],
    proof: `the window from ${from} to ${to} was looked at and shows none of it.`,
    evidence: record.inputs.filter((input) => !input.startsWith('record:')),
  }
}
