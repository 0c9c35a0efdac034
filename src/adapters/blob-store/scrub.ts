import type { BlobTables } from '#ports/blobs/blob-tables'
import type { BlobUpkeep, ScrubReport, VerifyReport } from '#ports/blobs/upkeep'
import type { HashThread } from './hash-thread-client.ts'
import { heal, isWhole } from './heal.ts'
import { inGroups, readIndex, type StoreParts } from './parts.ts'
import { findPlaces, type PlaceRow } from './places.ts'

const pageRows = 500

/** Reads blobs and compares them with their names, those first that were not read for longest. */
export async function scrub(
  parts: StoreParts,
  hashes: HashThread,
  { uncheckedSince, mostBytes, signal }: Parameters<BlobUpkeep['scrub']>[0],
): Promise<ScrubReport> {
  const report = emptyReport()
  while (report.checked.sizeBytes < mostBytes) {
    const page = await nextToCheck(parts, uncheckedSince)
    if (page.length === 0) return report
    await check(parts, hashes, page, report, { mostBytes, signal })
    if (signal?.aborted === true) return report
  }
  return report
}

/** Reads just these blobs. */
export async function verify(
  parts: StoreParts,
  hashes: HashThread,
  digests: readonly string[],
  signal?: AbortSignal,
): Promise<VerifyReport> {
  const places = await findPlaces(parts, digests)
  const missing = [...new Set(digests)].filter((sha256) => !places.has(sha256))
  const report = { ...emptyReport(), missing }
  await check(parts, hashes, [...places.values()], report, { mostBytes: Infinity, signal })
  return report
}

function emptyReport(): ScrubReport {
  return { checked: { blobs: 0, sizeBytes: 0 }, repaired: [], damaged: [] }
}

async function check(
  parts: StoreParts,
  hashes: HashThread,
  rows: readonly PlaceRow[],
  report: ScrubReport,
  { mostBytes, signal }: { mostBytes: number; signal: AbortSignal | undefined },
): Promise<void> {
  const sound: string[] = []
  for (const row of rows) {
    if (signal?.aborted === true || report.checked.sizeBytes >= mostBytes) break
    if (await isWhole(parts, row)) sound.push(row.sha256)
    else report[await heal(parts, hashes, row)].push(row.sha256)
    report.checked.blobs++
    report.checked.sizeBytes += row.size_bytes
  }
  await noteChecked(parts, sound)
}

async function nextToCheck(parts: StoreParts, uncheckedSince: number): Promise<PlaceRow[]> {
  return readIndex(parts)
    .selectFrom('blob_places')
    .select(['sha256', 'md5', 'size_bytes', 'object', 'start'])
    .where('checked_at', '<=', uncheckedSince)
    .where('damaged_at', 'is', null)
    .orderBy('checked_at')
    .limit(pageRows)
    .execute()
}

async function noteChecked({ tables, clock }: StoreParts, sound: readonly string[]): Promise<void> {
  await tables.write<BlobTables, void>(async (tx) => {
    for (const group of inGroups(sound)) {
      await tx
        .updateTable('blob_places')
        .set({ checked_at: clock() })
        .where('sha256', 'in', group)
        .execute()
    }
  })
}
