import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { BlobTables } from '#ports/blobs/blob-tables'
import type { NamedBlob } from '#ports/blobs/blob-names'
import type { CollectPolicy, CollectReport, Counted } from '#ports/blobs/upkeep'
import { deleteExtents } from './delete-places.ts'
import { inGroups, readIndex, rowsPerStatement, type StoreParts } from './parts.ts'
import { removeObjects } from './remove-objects.ts'

const pageRows = 1000
const marksPerWrite = 5000
const mostLargest = 20

/**
 * One round: marks what is live, then looks at what is not. Rounds of other processes do not disturb
 * it, nor do puts: what was put or touched since a blob was looked at stays, by the condition of the
 * statement that deletes it.
 */
export async function collect(
  parts: StoreParts,
  live: AsyncIterable<NamedBlob>,
  policy: CollectPolicy,
): Promise<CollectReport> {
  const round = randomUUID()
  try {
    await mark(parts, round, live)
    const report = await emptyReport(parts, round, policy)
    if (!policy.dryRun) report.rescued = await rescue(parts, round)
    await sweep(parts, round, policy, report)
    if (!policy.dryRun) report.removedObjects = await removeObjects(parts, policy)
    return report
  } finally {
    await parts.tables.write<BlobTables, void>(async (tx) => {
      await tx.deleteFrom('blob_marks').where('round', '=', round).execute()
    })
  }
}

async function mark(
  { tables }: StoreParts,
  round: string,
  live: AsyncIterable<NamedBlob>,
): Promise<void> {
  const write = (named: ReadonlyMap<string, string>): Promise<void> =>
    tables.write<BlobTables, void>(async (tx) => {
      for (const group of inGroups([...named])) {
        await tx
          .insertInto('blob_marks')
          .values(group.map(([sha256, named_by]) => ({ round, sha256, named_by })))
          .onConflict((c) => c.doNothing())
          .execute()
      }
    })
  let gathered = new Map<string, string>()
  for await (const { sha256, by } of live) {
    if (!gathered.has(sha256)) gathered.set(sha256, by)
    if (gathered.size < marksPerWrite) continue
    await write(gathered)
    gathered = new Map()
  }
  await write(gathered)
}

function nothing(): Counted {
  return { blobs: 0, sizeBytes: 0 }
}

async function emptyReport(
  parts: StoreParts,
  round: string,
  policy: CollectPolicy,
): Promise<CollectReport> {
  const keptBy = await countKept(parts, round)
  return {
    kept: keptBy.reduce(
      (sum, { blobs, sizeBytes }) => ({
        blobs: sum.blobs + blobs,
        sizeBytes: sum.sizeBytes + sizeBytes,
      }),
      nothing(),
    ),
    keptBy,
    young: await countYoung(parts, round, policy),
    quarantined: nothing(),
    rescued: nothing(),
    deleted: nothing(),
    removedObjects: nothing(),
    largest: [],
  }
}

async function countKept(parts: StoreParts, round: string): Promise<CollectReport['keptBy']> {
  const rows = await readIndex(parts)
    .selectFrom('blob_places')
    .innerJoin('blob_marks', 'blob_marks.sha256', 'blob_places.sha256')
    .select(({ fn }) => [
      'named_by as by',
      fn.countAll().as('blobs'),
      fn.sum('size_bytes').as('size_bytes'),
    ])
    .where('round', '=', round)
    .groupBy('named_by')
    .orderBy('size_bytes', 'desc')
    .execute()
  return rows.map(({ by, blobs, size_bytes }) => ({
    by,
    blobs: Number(blobs),
    sizeBytes: Number(size_bytes ?? 0),
  }))
}

async function countYoung(
  parts: StoreParts,
  round: string,
  { untouchedSince }: CollectPolicy,
): Promise<Counted> {
  const row = await unmarked(parts, round)
    .select(({ fn }) => [fn.countAll().as('blobs'), fn.sum('size_bytes').as('size_bytes')])
    .where('touched_at', '>', untouchedSince)
    .executeTakeFirstOrThrow()
  return { blobs: Number(row.blobs), sizeBytes: Number(row.size_bytes ?? 0) }
}

function unmarked(parts: StoreParts, round: string) {
  return readIndex(parts)
    .selectFrom('blob_places')
    .where(({ exists, not, selectFrom }) =>
      not(
        exists(
          selectFrom('blob_marks')
            .select('blob_marks.sha256')
            .where('round', '=', round)
            .whereRef('blob_marks.sha256', '=', 'blob_places.sha256'),
        ),
      ),
    )
}

/** Something names these again. */
async function rescue({ tables }: StoreParts, round: string): Promise<Counted> {
  const rows = await tables.write<BlobTables, { size_bytes: number }[]>((tx) =>
    tx
      .updateTable('blob_places')
      .set({ quarantined_at: null })
      .where('quarantined_at', 'is not', null)
      .where('sha256', 'in', (eb) =>
        eb.selectFrom('blob_marks').select('sha256').where('round', '=', round),
      )
      .returning('size_bytes')
      .execute(),
  )
  return rows.reduce((sum, row) => plus(sum, row.size_bytes), nothing())
}

function plus({ blobs, sizeBytes }: Counted, more: number): Counted {
  return { blobs: blobs + 1, sizeBytes: sizeBytes + more }
}

interface Candidate {
  sha256: string
  size_bytes: number
  quarantined_at: number | null
}

async function sweep(
  parts: StoreParts,
  round: string,
  policy: CollectPolicy,
  report: CollectReport,
): Promise<void> {
  for (let after = ''; ;) {
    const page = await unmarked(parts, round)
      .select(['sha256', 'size_bytes', 'quarantined_at'])
      .where('touched_at', '<=', policy.untouchedSince)
      .where('blob_places.sha256', '>', after)
      .orderBy('blob_places.sha256')
      .limit(pageRows)
      .execute()
    const last = page.at(-1)
    if (last === undefined) return
    after = last.sha256
    const now = parts.clock()
    const isDue = (row: Candidate) => (row.quarantined_at ?? now) <= policy.quarantinedSince
    const due = page.filter(isDue)
    const fresh = page.filter((row) => !isDue(row) && row.quarantined_at === null)
    const gone = policy.dryRun ? due : await deleteDue(parts, due, policy)
    const kept = policy.dryRun ? fresh : await quarantine(parts, fresh, policy)
    for (const { size_bytes } of gone) report.deleted = plus(report.deleted, size_bytes)
    for (const { size_bytes } of kept) report.quarantined = plus(report.quarantined, size_bytes)
    report.largest = largestOf([...report.largest, ...[...gone, ...kept].map(told)])
  }
}

function told({ sha256, size_bytes }: Candidate): { sha256: string; sizeBytes: number } {
  return { sha256, sizeBytes: size_bytes }
}

function largestOf(all: { sha256: string; sizeBytes: number }[]) {
  return all.toSorted((a, b) => b.sizeBytes - a.sizeBytes).slice(0, mostLargest)
}

/** Deletes those that nobody touched meanwhile. */
async function deleteDue(
  { tables }: StoreParts,
  due: readonly Candidate[],
  policy: CollectPolicy,
): Promise<Candidate[]> {
  const deleted: Candidate[] = []
  for (const group of inGroups(due, rowsPerStatement)) {
    const rows = await tables.write<BlobTables, Candidate[]>(async (tx) => {
      const gone = await tx
        .deleteFrom('blob_places')
        .where(
          'sha256',
          'in',
          group.map(({ sha256 }) => sha256),
        )
        .where('touched_at', '<=', policy.untouchedSince)
        .returning(['sha256', 'size_bytes', 'quarantined_at'])
        .execute()
      const digests = gone.map(({ sha256 }) => sha256)
      if (digests.length === 0) return []
      await deleteExtents(tx, digests)
      await policy.forget(tx as unknown as Transaction<unknown>, digests)
      return gone
    })
    deleted.push(...rows)
  }
  return deleted
}

async function quarantine(
  { tables, clock }: StoreParts,
  fresh: readonly Candidate[],
  policy: CollectPolicy,
): Promise<Candidate[]> {
  const kept: Candidate[] = []
  for (const group of inGroups(fresh)) {
    const rows = await tables.write<BlobTables, Candidate[]>((tx) =>
      tx
        .updateTable('blob_places')
        .set({ quarantined_at: clock() })
        .where(
          'sha256',
          'in',
          group.map(({ sha256 }) => sha256),
        )
        .where('touched_at', '<=', policy.untouchedSince)
        .returning(['sha256', 'size_bytes', 'quarantined_at'])
        .execute(),
    )
    kept.push(...rows)
  }
  return kept
}
