import type { BlobTables } from '#ports/blobs/blob-tables'
import type { BlobStat } from '#ports/blobs/blobs'
import { statOfStream } from './hashing.ts'
import { readIndex, type StoreParts } from './parts.ts'
import { noteObject, notePlaces } from './places.ts'

const oldKey = /^files\/([0-9a-f]{2})\/([0-9a-f]{62})$/

/**
 * An earlier version kept each blob in a file named by its digest, without an index. A store that has
 * no index yet gets it, once, from reading those files; damaged ones are left out.
 */
export async function indexOldFiles(parts: StoreParts): Promise<void> {
  const any = await readIndex(parts).selectFrom('blob_objects').select('key').limit(1).execute()
  if (any.length > 0) return
  const found: { key: string; stat: BlobStat }[] = []
  for await (const { key, sizeBytes } of parts.objects.list()) {
    const match = oldKey.exec(key)
    if (match === null) continue
    const stat = await statOfStream(parts.objects.read(key, { start: 0, end: sizeBytes }))
    if (stat.sha256 === `${match[1]}${match[2]}`) found.push({ key, stat })
  }
  if (found.length === 0) return
  const now = parts.clock()
  await parts.tables.write<BlobTables, void>(async (tx) => {
    for (const { key, stat } of found) {
      await noteObject(tx, { key, kind: 'file', size_bytes: stat.sizeBytes }, now)
    }
    const rows = found.map(({ key, stat: { sha256, md5, sizeBytes } }) => {
      return { sha256, md5, size_bytes: sizeBytes, object: key, start: 0 }
    })
    await notePlaces(tx, rows, now)
  })
}
