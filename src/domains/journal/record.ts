import { canonicalJson, type JsonObject, parseStored } from '#kernel/json'
import type { Subject } from '#kernel/subjects'
import type { JournalRow } from './store.ts'

/** What a verb says happened. The rest of the record is added when it is written. */
export interface NewRecord {
  /** Past tense, by room: `data.committed`, `gate.refused`, `rollout.promoted`. */
  verb: string
  subject: Subject
  project: string
  /** What it was made from or decided on. */
  inputs?: readonly Subject[]
  /** What came to be or changed besides the subject. */
  outputs?: readonly Subject[]
  detail?: JsonObject
}

export interface JournalRecord {
  seq: number
  at: number
  actor: string
  verb: string
  subject: Subject
  project: string
  inputs: Subject[]
  outputs: Subject[]
  detail: JsonObject
  prevHash: string
  hash: string
}

/** The hash before the first record. */
export const chainStart = '0'.repeat(64)

/**
 * The text that a record's hash is taken of: canonical JSON of every member but the hash itself,
 * the previous hash included. `docs/design/journal.md` promises this format.
 */
export function recordText(record: Omit<JournalRecord, 'hash'>): string {
  const { seq, at, actor, verb, subject, project, inputs, outputs, detail, prevHash } = record
  return canonicalJson({
    seq,
    at,
    actor,
    verb,
    subject,
    project,
    inputs,
    outputs,
    detail,
    prev_hash: prevHash,
  })
}

export function recordFromRow(row: JournalRow): JournalRecord {
  return {
    seq: row.seq,
    at: row.at,
    actor: row.actor,
    verb: row.verb,
    subject: row.subject as Subject,
    project: row.project,
    inputs: parseStored<Subject[]>(row.inputs),
    outputs: parseStored<Subject[]>(row.outputs),
    detail: parseStored<JsonObject>(row.detail),
    prevHash: row.prev_hash,
    hash: row.hash,
  }
}

export function rowFromRecord(record: JournalRecord): JournalRow {
  return {
    seq: record.seq,
    at: record.at,
    actor: record.actor,
    verb: record.verb,
    subject: record.subject,
    project: record.project,
    inputs: canonicalJson(record.inputs),
    outputs: canonicalJson(record.outputs),
    detail: canonicalJson(record.detail),
    prev_hash: record.prevHash,
    hash: record.hash,
  }
}
