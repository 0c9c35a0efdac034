import type { Transaction } from 'kysely'
import type { BlobObjectRow, BlobPlaceRow, BlobTables } from '#ports/blobs/blob-tables'
import type { BlobStat } from '#ports/blobs/blobs'
import { inGroups, readIndex, type StoreParts } from './parts.ts'

export type Tx = Transaction<BlobTables>

/** Where a blob was put: an object, or pieces of several. */
export type PlaceRow = Pick<BlobPlaceRow, 'sha256' | 'md5' | 'size_bytes' | 'object' | 'start'>

const placeColumns = ['sha256', 'md5', 'size_bytes', 'object', 'start', 'damaged_at'] as const

export async function findPlaces(
  parts: StoreParts,
  digests: readonly string[],
): Promise<Map<string, PlaceRow & { damaged_at: number | null }>> {
  const found = new Map<string, PlaceRow & { damaged_at: number | null }>()
  for (const group of inGroups([...new Set(digests)])) {
    const rows = await readIndex(parts)
      .selectFrom('blob_places')
      .select(placeColumns)
      .where('sha256', 'in', group)
      .execute()
    for (const row of rows) found.set(row.sha256, row)
  }
  return found
}

/**
 * How long a blob that was put again counts as untouched still. Shorter than any time after which one
 * may be collected, so that most puts of what is there change nothing.
 */
const touchedEveryMs = 600_000

/**
 * Which of these are there and whole; they will not be collected for as long as what is new. Gives
 * what they are.
 */
export async function touchPlaces(
  parts: StoreParts,
  digests: readonly string[],
): Promise<Map<string, BlobStat>> {
  const touched = new Map<string, BlobStat>()
  const now = parts.clock()
  for (const group of inGroups([...new Set(digests)])) {
    const rows = await readIndex(parts)
      .selectFrom('blob_places')
      .select(['sha256', 'md5', 'size_bytes', 'touched_at', 'quarantined_at'])
      .where('sha256', 'in', group)
      .where('damaged_at', 'is', null)
      .execute()
    const isFresh = (row: { touched_at: number; quarantined_at: number | null }) =>
      row.touched_at > now - touchedEveryMs && row.quarantined_at === null
    const stale = rows.filter((row) => !isFresh(row)).map(({ sha256 }) => sha256)
    const still = stale.length === 0 ? [] : await touchStale(parts, stale, now)
    const there = new Set(still)
    for (const row of rows) {
      if (!isFresh(row) && !there.has(row.sha256)) continue
      touched.set(row.sha256, { sha256: row.sha256, md5: row.md5, sizeBytes: row.size_bytes })
    }
  }
  return touched
}

/** In one statement with its condition, so that it cannot be deleted in between. */
async function touchStale(
  { tables }: StoreParts,
  digests: readonly string[],
  now: number,
): Promise<string[]> {
  const rows = await tables.write<BlobTables, { sha256: string }[]>((tx) =>
    tx
      .updateTable('blob_places')
      .set({ touched_at: now, quarantined_at: null })
      .where('sha256', 'in', digests)
      .where('damaged_at', 'is', null)
      .returning('sha256')
      .execute(),
  )
  return rows.map(({ sha256 }) => sha256)
}

/**
 * Notes that an object holds so many bytes now. Gives false when it was given up meanwhile: whatever
 * was put there must be put elsewhere.
 */
export async function noteObject(
  tx: Tx,
  object: Pick<BlobObjectRow, 'key' | 'kind' | 'size_bytes'>,
  now: number,
): Promise<boolean> {
  const { doomed_at } = await tx
    .insertInto('blob_objects')
    .values({ ...object, copied_bytes: 0, written_at: now, doomed_at: null })
    .onConflict((c) =>
      c.column('key').doUpdateSet({ size_bytes: object.size_bytes, written_at: now }),
    )
    .returning('doomed_at')
    .executeTakeFirstOrThrow()
  return doomed_at === null
}

/** Says where blobs are. One that is there and whole stays where it is. */
export async function notePlaces(tx: Tx, rows: readonly PlaceRow[], now: number): Promise<void> {
  const states = {
    created_at: now,
    touched_at: now,
    checked_at: now,
    damaged_at: null,
    quarantined_at: null,
  }
  for (const group of inGroups(rows)) {
    await tx
      .insertInto('blob_places')
      .values(group.map((row) => ({ ...row, ...states })))
      .onConflict((c) =>
        c
          .column('sha256')
          .doUpdateSet((eb) => ({
            object: eb.ref('excluded.object'),
            start: eb.ref('excluded.start'),
            touched_at: now,
            checked_at: now,
            damaged_at: null,
            quarantined_at: null,
          }))
          .where('blob_places.damaged_at', 'is not', null),
      )
      .execute()
  }
}
