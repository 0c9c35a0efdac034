import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { BlobObjectRow, BlobTables } from '#ports/blobs/blob-tables'
import type { Objects } from '#ports/objects/objects'
import { readIndex, type StoreParts } from './parts.ts'

/** A pack is copied when nothing was appended for so long: it is copied whole each time. */
const settledMs = 60_000

/** Copies objects that the second place does not have, or has an earlier state of. */
export async function copyObjects(
  parts: StoreParts,
  { mostBytes, signal }: { mostBytes: number; signal?: AbortSignal },
): Promise<number> {
  const { copy } = parts
  if (copy === undefined) return 0
  let copiedBytes = 0
  for (const row of await notCopied(parts)) {
    if (signal?.aborted === true || copiedBytes >= mostBytes) break
    await copyOne(parts.objects, copy, row)
    await noteCopied(parts, row)
    copiedBytes += row.size_bytes
  }
  return copiedBytes
}

type Uncopied = Pick<BlobObjectRow, 'key' | 'size_bytes'>

async function notCopied(parts: StoreParts): Promise<Uncopied[]> {
  return readIndex(parts)
    .selectFrom('blob_objects')
    .select(['key', 'size_bytes'])
    .whereRef('copied_bytes', '<', 'size_bytes')
    .where('doomed_at', 'is', null)
    .where((eb) =>
      eb.or([eb('kind', '=', 'file'), eb('written_at', '<=', parts.clock() - settledMs)]),
    )
    .orderBy('written_at')
    .limit(1000)
    .execute()
}

async function copyOne(from: Objects, to: Objects, { key, size_bytes }: Uncopied): Promise<void> {
  const { path, discard } = to.spool()
  try {
    const content = from.read(key, { start: 0, end: size_bytes })
    await pipeline(Readable.from(content), createWriteStream(path, { mode: 0o444 }))
    await to.keepFile(key, path)
  } finally {
    discard()
  }
}

async function noteCopied({ tables }: StoreParts, { key, size_bytes }: Uncopied): Promise<void> {
  await tables.write<BlobTables, void>(async (tx) => {
    await tx
      .updateTable('blob_objects')
      .set({ copied_bytes: size_bytes })
      .where('key', '=', key)
      .execute()
  })
}
