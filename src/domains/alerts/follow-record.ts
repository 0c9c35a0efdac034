import { type Subject, subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import type { JournalRecord } from '#domains/journal/index'
import type { Severity } from './incident.ts'
import { raiseAlarm } from './raise-alarm.ts'
import { endConditions } from './settle-incident.ts'

/** What one record says about trouble: what began, and what ended. */
interface Trouble {
  source: string
  began: { kind: string; severity: Severity; text: string; columns?: string[] }[]
  ended: string[]
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
  'job.failed': (record) => troubleOf(record.subject, record, 'job-failed', 'warning'),
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
  const { source, began, ended } = reading(record)
  const evidence: Subject[] = [subject('record', String(seq)), record.subject]
  for (const { kind, severity, text, columns } of began) {
    await raiseAlarm(ctx, {
      project,
      source,
      kind,
      severity,
      text,
      evidence,
      detail: columns === undefined ? {} : { columns },
      report: `record:${seq}/${kind}`,
    })
  }
  if (ended.length === 0) return
  const note = `It ended: ${record.verb} (record ${seq}).`
  await endConditions(ctx, { project, source, kinds: ended, note, evidence })
}

function troubleOf(
  source: string,
  { detail, verb }: JournalRecord,
  kind: string,
  severity: Severity,
): Trouble {
  const reason = detail['reason'] ?? detail['message'] ?? detail['summary']
  const text = typeof reason === 'string' && reason !== '' ? reason : `${source}: ${verb}.`
  return { source, began: [{ kind, severity, text }], ended: [] }
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

/** The data set, whichever version it was. */
function datasetOf({ subject: own }: JournalRecord): string {
  return own.replace(/@[^@]*$/, '')
}

/** Kinds of trouble that a window looked for and did not find are over. */
function readWindow({ detail, subject: source }: JournalRecord): Trouble {
  const alarms = (detail['alarms'] ?? []) as unknown as (Trouble['began'][number] & {
    columns: string[]
  })[]
  const checks = (detail['checks'] ?? []) as unknown as { kind: string; verdict: string }[]
  const looked = new Set(checks.filter(({ verdict }) => verdict === 'ok').map(({ kind }) => kind))
  const alarming = new Set(alarms.map(({ kind }) => kind))
  return { source, began: alarms, ended: [...looked].filter((kind) => !alarming.has(kind)) }
}
