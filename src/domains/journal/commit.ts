import type { Transaction } from 'kysely'
import { type Subject, subject } from '#kernel/subjects'
import type { NewJob } from '#ports/queue/queue'
import type { Context } from '#domains/access/index'
import { type JournalRecord, type NewRecord, recordText, rowFromRecord } from './record.ts'
import { rawStatement, runRaw, valueRows } from './raw-statement.ts'
import { journalColumns, type JournalTables } from './store.ts'

/** A change of state in the making: rows, the records of it and the work that follows from it. */
export interface Change {
  /** The transaction, seen as the caller's own tables. */
  sql<DB>(): Transaction<DB>
  /** Says what happened. At least one record per change. */
  record(entry: NewRecord): void
  /** Work that follows; its cause is the change's last record. */
  enqueue(job: Omit<NewJob, 'cause'>): void
}

/**
 * The only way to change state: writes rows, records and follow-up jobs in one transaction. Under a
 * job it is fenced: a worker that lost its lease gets `conflict` and changes nothing. The context's
 * cause becomes an input of each record, so that `why` can walk from effect to cause.
 */
export async function commit<T>(ctx: Context, work: (change: Change) => Promise<T>): Promise<T> {
  let news = 0
  const result = await ctx.tables.write<JournalTables, T>(async (tx) => {
    const records: NewRecord[] = []
    const jobs: Omit<NewJob, 'cause'>[] = []
    const value = await work({
      sql: <DB>() => tx as unknown as Transaction<DB>,
      record: (entry) => void records.push(entry),
      enqueue: (job) => void jobs.push(job),
    })
    if (ctx.job !== undefined) await ctx.queue.assertHeld(tx as Transaction<unknown>, ctx.job)
    const last = await append(ctx, tx, records)
    const cause = last ?? ctx.cause
    if (jobs.length > 0) {
      const caused = jobs.map((job) => (cause === undefined ? job : { ...job, cause }))
      await ctx.queue.insert(tx as Transaction<unknown>, caused)
    }
    news = records.length + jobs.length
    return value
  })
  if (news > 0) ctx.announceRecords()
  return result
}

const takeNumbers = rawStatement(
  'update journal_head set seq = seq + ? where id = 1 returning seq, hash',
)
const setHash = rawStatement('update journal_head set hash = ? where id = 1')
const insertRecord = rawStatement(
  `insert into journal (${journalColumns.join(', ')}) values ${valueRows(1, journalColumns.length)}`,
)
const insertEdge = rawStatement(
  'insert into journal_edges (seq, project, source, target) values (?, ?, ?, ?)',
)

/** Appends to the chain and gives the last record's number. Locks the head, so it comes last. */
async function append(
  ctx: Context,
  tx: Transaction<JournalTables>,
  entries: readonly NewRecord[],
): Promise<number | undefined> {
  if (entries.length === 0) return undefined
  const [head] = await runRaw<{ seq: number; hash: string }>(tx, takeNumbers, [entries.length])
  if (head === undefined) throw new Error('The journal has no head.')
  let seq = head.seq - entries.length
  let prevHash = head.hash
  const at = ctx.clock()
  for (const entry of entries) {
    const record = chainRecord(ctx, entry, ++seq, at, prevHash)
    prevHash = record.hash
    const row = rowFromRecord(record)
    await runRaw(
      tx,
      insertRecord,
      journalColumns.map((column) => row[column]),
    )
    for (const { project, source, target } of edgesOf(record)) {
      await runRaw(tx, insertEdge, [seq, project, source, target])
    }
  }
  await runRaw(tx, setHash, [prevHash])
  return seq
}

function chainRecord(
  ctx: Context,
  entry: NewRecord,
  seq: number,
  at: number,
  prevHash: string,
): JournalRecord {
  const causes: Subject[] = ctx.cause === undefined ? [] : [subject('record', String(ctx.cause))]
  const open = {
    seq,
    at,
    actor: ctx.principal.name,
    verb: entry.verb,
    subject: entry.subject,
    project: entry.project,
    inputs: [...(entry.inputs ?? []), ...causes],
    outputs: [...(entry.outputs ?? [])],
    detail: entry.detail ?? {},
    prevHash,
  }
  return { ...open, hash: ctx.digest(recordText(open)) }
}

/** Lineage: every input is a source of the subject, and the subject is a source of every output. */
export function edgesOf(
  record: JournalRecord,
): { seq: number; project: string; source: string; target: string }[] {
  const { seq, project } = record
  return [
    ...record.inputs.map((input) => ({ seq, project, source: input, target: record.subject })),
    ...record.outputs.map((output) => ({ seq, project, source: record.subject, target: output })),
  ]
}
