import type { BlobTables } from '#ports/blobs/blob-tables'
import type { BlobStat } from '#ports/blobs/blobs'
import type { RebuiltIndex } from '#ports/blobs/upkeep'
import { statOf } from './digest.ts'
import { statOfStream } from './hashing.ts'
import { readPack, type PackRecord } from './pack-record.ts'
import { inGroups, readIndex, type StoreParts } from './parts.ts'
import { noteObject, notePlaces, type PlaceRow } from './places.ts'
import { readExtents } from './reading.ts'

type Recipe = Extract<PackRecord, { kind: 'pieces' }>

/**
 * Makes the index again of the objects alone, for tables that were lost or are older than the blobs:
 * reads everything, and believes nothing that is not what its name says. What the index has and is
 * where it says stays as it is.
 */
export async function rebuildIndex(
  parts: StoreParts,
  onObject: (objects: number) => void = () => undefined,
): Promise<RebuiltIndex> {
  const keys = await doubtMissingObjects(parts)
  const before = await countWhole(parts)
  const recipes: Recipe[] = []
  let objects = 0
  for (const [key, sizeBytes] of keys) {
    if (key.startsWith('packs/')) recipes.push(...(await indexPack(parts, key, sizeBytes)))
    else await indexFile(parts, key, sizeBytes)
    onObject(++objects)
  }
  // Only now all objects that they name are known.
  for (const recipe of recipes) await indexPieces(parts, recipe)
  return { objects, found: (await countWhole(parts)) - before, lost: await listLost(parts) }
}

/** Takes rows for damaged that name what is not there, so that what is found may replace them. */
async function doubtMissingObjects(parts: StoreParts): Promise<Map<string, number>> {
  const keys = new Map<string, number>()
  for await (const { key, sizeBytes } of parts.objects.list()) keys.set(key, sizeBytes)
  const rows = await readIndex(parts).selectFrom('blob_objects').select('key').execute()
  const gone = rows.map(({ key }) => key).filter((key) => !keys.has(key))
  const named = await readIndex(parts)
    .selectFrom('blob_places')
    .select('object')
    .distinct()
    .execute()
  for (const { object } of named) {
    if (object !== null && !keys.has(object) && !gone.includes(object)) gone.push(object)
  }
  const now = parts.clock()
  await parts.tables.write<BlobTables, void>(async (tx) => {
    for (const group of inGroups(gone)) {
      await tx
        .updateTable('blob_places')
        .set({ damaged_at: now })
        .where((eb) =>
          eb.or([
            eb('object', 'in', group),
            eb('sha256', 'in', (q) =>
              q.selectFrom('blob_extents').select('sha256').where('object', 'in', group),
            ),
          ]),
        )
        .execute()
      await tx.deleteFrom('blob_chunks').where('object', 'in', group).execute()
      await tx.deleteFrom('blob_objects').where('key', 'in', group).execute()
    }
  })
  return keys
}

async function countWhole(parts: StoreParts): Promise<number> {
  const { blobs } = await readIndex(parts)
    .selectFrom('blob_places')
    .select(({ fn }) => fn.countAll().as('blobs'))
    .where('damaged_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(blobs)
}

async function listLost(parts: StoreParts): Promise<string[]> {
  const rows = await readIndex(parts)
    .selectFrom('blob_places')
    .select('sha256')
    .where('damaged_at', 'is not', null)
    .orderBy('sha256')
    .execute()
  return rows.map(({ sha256 }) => sha256)
}

async function indexPack(parts: StoreParts, key: string, sizeBytes: number): Promise<Recipe[]> {
  const bytes = await parts.objects.readRange(key, { start: 0, end: sizeBytes })
  const records = readPack(bytes)
  const rows = records.flatMap((record) =>
    record.kind === 'blob' ? [placeOf(record.stat, key, record.start)] : [],
  )
  await note(parts, { key, kind: 'pack', size_bytes: sizeBytes }, rows)
  return records.filter((record) => record.kind === 'pieces')
}

async function indexFile(parts: StoreParts, key: string, sizeBytes: number): Promise<void> {
  const name = /^files\/([0-9a-f]{2})\/([0-9a-f]{62})(?:\.|$)/.exec(key)
  if (name === null) return
  const stat = await statOfStream(parts.objects.read(key, { start: 0, end: sizeBytes }))
  const isWhole = stat.sha256 === `${name[1]}${name[2]}`
  await note(
    parts,
    { key, kind: 'file', size_bytes: sizeBytes },
    isWhole ? [placeOf(stat, key, 0)] : [],
  )
}

function placeOf({ sha256, md5, sizeBytes }: BlobStat, object: string | null, start: number) {
  return { sha256, md5, size_bytes: sizeBytes, object, start }
}

async function note(
  { tables, clock }: StoreParts,
  object: { key: string; kind: 'pack' | 'file'; size_bytes: number },
  rows: readonly PlaceRow[],
): Promise<void> {
  await tables.write<BlobTables, void>(async (tx) => {
    if (!(await noteObject(tx, object, clock()))) return
    await notePlaces(tx, rows, clock())
  })
}

async function indexPieces(parts: StoreParts, { sha256, extents }: Recipe): Promise<void> {
  const known = await readIndex(parts)
    .selectFrom('blob_places')
    .select('damaged_at')
    .where('sha256', '=', sha256)
    .executeTakeFirst()
  if (known !== undefined && known.damaged_at === null) return
  const sizeBytes = extents.reduce((sum, { size_bytes }) => sum + size_bytes, 0)
  const content = readExtents(parts.objects, extents, 0, sizeBytes)
  // One that was put together of what is not there any more, or was moved, is not the blob.
  const stat = await statOfStream(content).catch(() => statOf(new Uint8Array()))
  if (stat.sha256 !== sha256) return
  await parts.tables.write<BlobTables, void>(async (tx) => {
    await tx.deleteFrom('blob_extents').where('sha256', '=', sha256).execute()
    const rows = extents.map((extent, position) => ({ sha256, position, ...extent }))
    for (const group of inGroups(rows)) await tx.insertInto('blob_extents').values(group).execute()
    await notePlaces(tx, [placeOf(stat, null, 0)], parts.clock())
  })
}
