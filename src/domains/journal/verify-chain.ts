import { canonicalJson } from '#kernel/json'
import type { Platform } from '#domains/access/index'
import { chainStart, type JournalRecord, recordFromRow, recordText } from './record.ts'
import { journalColumns, type JournalRow, type JournalTables } from './store.ts'

export interface ChainReport {
  intact: boolean
  /** Records that are in order, from the first on. */
  records: number
  /** Hash of the last of them. */
  head: string
  firstBroken: { seq: number; problem: string } | null
}

const pageSize = 2000

/**
 * Reads the whole chain and names the first record that is missing, altered or out of place. Needs
 * nothing but the tables and a digest, so it works on a store that no server runs on.
 */
export async function verifyChain(
  platform: Pick<Platform, 'tables' | 'digest'>,
): Promise<ChainReport> {
  let records = 0
  let head = chainStart
  for (;;) {
    const rows = await readPage(platform, records)
    for (const row of rows) {
      const problem = problemOf(platform, row, records + 1, head)
      if (problem !== undefined) return broken(records, head, problem)
      records++
      head = row.hash
    }
    if (rows.length < pageSize) break
  }
  const problem = await problemOfHead(platform, records, head)
  return problem === undefined
    ? { intact: true, records, head, firstBroken: null }
    : broken(records, head, { seq: records + 1, problem })
}

function broken(
  records: number,
  head: string,
  firstBroken: { seq: number; problem: string },
): ChainReport {
  return { intact: false, records, head, firstBroken }
}

function readPage({ tables }: Pick<Platform, 'tables'>, after: number): Promise<JournalRow[]> {
  return tables
    .scan<JournalTables>()
    .selectFrom('journal')
    .select(journalColumns)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(pageSize)
    .execute()
}

function problemOf(
  { digest }: Pick<Platform, 'digest'>,
  row: JournalRow,
  expected: number,
  prevHash: string,
): { seq: number; problem: string } | undefined {
  if (row.seq !== expected) {
    return { seq: expected, problem: `it is missing; the next one is ${row.seq}` }
  }
  const at = (problem: string) => ({ seq: row.seq, problem })
  const record = readRow(row)
  if (record === undefined) return at('it is no longer readable: a part is not JSON')
  if (row.prev_hash !== prevHash) return at('it does not follow from the record before it')
  if (digest(recordText(record)) !== row.hash) return at('its content does not match its hash')
  if (!isCanonical(row, record)) return at('it was rewritten with the same meaning')
  return undefined
}

function readRow(row: JournalRow): JournalRecord | undefined {
  try {
    return recordFromRow(row)
  } catch {
    return undefined
  }
}

function isCanonical(row: JournalRow, { inputs, outputs, detail }: JournalRecord): boolean {
  return (
    row.inputs === canonicalJson(inputs) &&
    row.outputs === canonicalJson(outputs) &&
    row.detail === canonicalJson(detail)
  )
}

/** The end of the chain is kept apart, so that records cut off the end are noticed as well. */
async function problemOfHead(
  { tables }: Pick<Platform, 'tables'>,
  records: number,
  hash: string,
): Promise<string | undefined> {
  const head = await tables
    .read<JournalTables>()
    .selectFrom('journal_head')
    .select(['seq', 'hash'])
    .where('id', '=', 1)
    .executeTakeFirst()
  if (head === undefined) return 'the end of the chain is not recorded'
  // Records that were appended while this read went on are no problem.
  if (head.seq > records) {
    const next = await readPage({ tables }, records)
    return next.length === 0 ? `it is missing; there were ${head.seq} records` : undefined
  }
  if (head.seq < records) return `the chain was to end at record ${head.seq}`
  return head.hash === hash ? undefined : 'the last record is not the one that was written last'
}
