import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { BlobChunkRow, BlobExtentRow, BlobTables } from '#ports/blobs/blob-tables'
import type { BlobStat } from '#ports/blobs/blobs'
import type { Chunk } from './hashing.ts'
import { inGroups, readIndex, type StoreParts } from './parts.ts'
import { piecesRecord } from './pack-record.ts'
import { noteObject, notePlaces, type PlaceRow, type Tx } from './places.ts'

/** A file of the spool that is a blob. */
export interface LargeFile {
  stat: BlobStat
  path: string
  chunks: readonly Chunk[]
}

/** A blob is kept in pieces when at least this share of it is there already. */
const worthwhileShare = 0.25

/**
 * Keeps a large blob that is not there yet: as a file of its own, whose chunks can be found again, or,
 * when much of it is there in others, as pieces of those and what is new. Takes the file over.
 */
export async function putLarge(parts: StoreParts, file: LargeFile): Promise<void> {
  const known = await findChunks(parts, file.chunks)
  const sharedBytes = file.chunks.reduce(
    (sum, { digest, sizeBytes }) => sum + (known.has(digest) ? sizeBytes : 0),
    0,
  )
  if (sharedBytes > worthwhileShare * file.stat.sizeBytes) {
    if (await putInPieces(parts, file, known)) return
  }
  await putWhole(parts, file)
}

async function findChunks(
  parts: StoreParts,
  chunks: readonly Chunk[],
): Promise<Map<string, BlobChunkRow>> {
  const known = new Map<string, BlobChunkRow>()
  for (const group of inGroups([...new Set(chunks.map(({ digest }) => digest))])) {
    const rows = await readIndex(parts)
      .selectFrom('blob_chunks')
      .select(['digest', 'object', 'start', 'size_bytes'])
      .where('digest', 'in', group)
      .execute()
    for (const row of rows) known.set(row.digest, row)
  }
  return known
}

function newKey(sha256: string): string {
  return `files/${sha256.slice(0, 2)}/${sha256.slice(2)}.${randomBytes(4).toString('hex')}`
}

/** Keeps a large blob as a file of its own. */
export async function putWhole(
  { objects, tables, clock }: StoreParts,
  { stat, path, chunks }: LargeFile,
): Promise<void> {
  const key = newKey(stat.sha256)
  await objects.keepFile(key, path)
  const now = clock()
  await tables.write<BlobTables, void>(async (tx) => {
    await noteObject(tx, { key, kind: 'file', size_bytes: stat.sizeBytes }, now)
    await noteChunks(tx, placed(chunks, key))
    await notePlaces(tx, [placeOf(stat, key)], now)
  })
}

function placeOf({ sha256, md5, sizeBytes }: BlobStat, object: string | null): PlaceRow {
  return { sha256, md5, size_bytes: sizeBytes, object, start: 0 }
}

function placed(chunks: readonly Chunk[], object: string): BlobChunkRow[] {
  let start = 0
  return chunks.map(({ digest, sizeBytes }) => {
    const row = { digest, object, start, size_bytes: sizeBytes }
    start += sizeBytes
    return row
  })
}

async function noteChunks(tx: Tx, rows: readonly BlobChunkRow[]): Promise<void> {
  for (const group of inGroups(rows)) {
    await tx
      .insertInto('blob_chunks')
      .values(group)
      .onConflict((c) => c.doNothing())
      .execute()
  }
}

/** Gives false when what it would share was given up meanwhile. */
async function putInPieces(
  parts: StoreParts,
  file: LargeFile,
  known: ReadonlyMap<string, BlobChunkRow>,
): Promise<boolean> {
  const fresh = await appendChunks(parts, file, known)
  const { stat } = file
  const rows = file.chunks.map(({ digest }) => known.get(digest) ?? fresh.rows.get(digest))
  const extents = joined(stat.sha256, rows as BlobChunkRow[])
  extents.push(await appendRecipe(parts, fresh, stat, extents))
  const now = parts.clock()
  return parts.tables.write<BlobTables, boolean>(async (tx) => {
    for (const [key, sizeBytes] of fresh.packs) {
      if (!(await noteObject(tx, { key, kind: 'pack', size_bytes: sizeBytes }, now))) return false
    }
    const used = [...new Set(extents.map(({ object }) => object))]
    if ((await countLiving(tx, used)) < used.length) return false
    await noteChunks(tx, [...fresh.rows.values()])
    await tx.deleteFrom('blob_extents').where('sha256', '=', stat.sha256).execute()
    for (const group of inGroups(extents)) {
      await tx.insertInto('blob_extents').values(group).execute()
    }
    await notePlaces(tx, [placeOf(stat, null)], now)
    return true
  })
}

/**
 * Says in a pack where the pieces lie, so that the index can be made again without the tables. It is a
 * piece of no bytes, which keeps its pack for as long as the blob is there.
 */
async function appendRecipe(
  { objects }: StoreParts,
  { packs }: Appended,
  stat: BlobStat,
  extents: readonly BlobExtentRow[],
): Promise<BlobExtentRow> {
  const record = piecesRecord(stat, extents)
  const { key, start } = await objects.append(record)
  packs.set(key, start + record.byteLength)
  return { sha256: stat.sha256, position: extents.length, object: key, start, size_bytes: 0 }
}

/** How many of these objects are not given up. */
async function countLiving(tx: Tx, keys: readonly string[]): Promise<number> {
  let living = 0
  for (const group of inGroups(keys)) {
    const rows = await tx
      .selectFrom('blob_objects')
      .select('key')
      .where('key', 'in', group)
      .where('doomed_at', 'is', null)
      .execute()
    living += rows.length
  }
  return living
}

/** Written at once, so that the memory of it is bounded. */
const appendBytes = 4 * 1024 * 1024

interface Appended {
  rows: Map<string, BlobChunkRow>
  /** How large each pack is now. */
  packs: Map<string, number>
}

/** Appends the chunks of a file that are not there yet to packs. */
async function appendChunks(
  { objects }: StoreParts,
  { path, chunks }: LargeFile,
  known: ReadonlyMap<string, BlobChunkRow>,
): Promise<Appended> {
  const appended: Appended = { rows: new Map(), packs: new Map() }
  const file = await open(path, 'r')
  try {
    let gathered: { digest: string; bytes: Buffer }[] = []
    let sizeBytes = 0
    const flush = async (): Promise<void> => {
      if (gathered.length === 0) return
      const { key, start } = await objects.append(Buffer.concat(gathered.map(({ bytes }) => bytes)))
      let at = start
      for (const { digest, bytes } of gathered) {
        appended.rows.set(digest, { digest, object: key, start: at, size_bytes: bytes.length })
        at += bytes.length
      }
      appended.packs.set(key, at)
      gathered = []
      sizeBytes = 0
    }
    let position = 0
    const seen = new Set<string>()
    for (const chunk of chunks) {
      if (!known.has(chunk.digest) && !seen.has(chunk.digest)) {
        const bytes = Buffer.allocUnsafe(chunk.sizeBytes)
        await file.read(bytes, 0, chunk.sizeBytes, position)
        seen.add(chunk.digest)
        gathered.push({ digest: chunk.digest, bytes })
        sizeBytes += bytes.length
        if (sizeBytes >= appendBytes) await flush()
      }
      position += chunk.sizeBytes
    }
    await flush()
    return appended
  } finally {
    await file.close()
  }
}

/** Pieces that follow one another in an object are one. */
function joined(sha256: string, rows: readonly BlobChunkRow[]): BlobExtentRow[] {
  const extents: BlobExtentRow[] = []
  for (const { object, start, size_bytes } of rows) {
    const last = extents.at(-1)
    if (last !== undefined && last.object === object && last.start + last.size_bytes === start) {
      last.size_bytes += size_bytes
    } else {
      extents.push({ sha256, position: extents.length, object, start, size_bytes })
    }
  }
  return extents
}
