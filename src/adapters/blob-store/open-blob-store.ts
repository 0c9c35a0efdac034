import { invalid } from '#kernel/errors'
import type { BlobDigest, Blobs, BlobStat, PutOptions } from '#ports/blobs/blobs'
import { checkDigest, checkExpected } from '#ports/blobs/refusals'
import type { BlobStaging } from '#ports/blobs/staging'
import type { BlobUpkeep } from '#ports/blobs/upkeep'
import { HashThread } from './hash-thread-client.ts'
import { heal } from './heal.ts'
import { indexOldFiles } from './index-old-files.ts'
import { type Intake, smallBytes, takeIn } from './intake.ts'
import { putLarge } from './large-blobs.ts'
import { LocalCopies } from './local-copies.ts'
import { inGroups, readIndex, type StoreParts } from './parts.ts'
import { findPlaces, type PlaceRow, touchPlaces } from './places.ts'
import { damaged, extentsOf, readExtents, readSmall, requirePlace } from './reading.ts'
import { RedoLog } from './redo.ts'
import { SmallBlobs } from './small-blobs.ts'
import { createStaging } from './staging.ts'
import { createUpkeep } from './upkeep.ts'
import { deletePlaces } from './delete-places.ts'

export interface BlobStore extends Blobs, BlobStaging, BlobUpkeep {
  close(): Promise<void>
}

/**
 * Blobs on a place for objects, with an index in the tables: small ones in packs, large ones as files
 * or, when much of one is there in others, in pieces. A blob is there as soon as its row is; what a
 * crash leaves without a row is removed by the next round of collecting garbage.
 */
export async function openBlobStore(parts: StoreParts): Promise<BlobStore> {
  await indexOldFiles(parts)
  const hashes = new HashThread()
  const redo = new RedoLog(parts)
  await redo.recover()
  const small = new SmallBlobs(parts, redo)
  const copies = new LocalCopies(parts.cacheDirectory)
  return {
    put: (content, options) => put(parts, small, hashes, content, options ?? {}),
    async has(sha256) {
      const row = (await findPlaces(parts, [checkDigest(sha256)])).get(sha256)
      return row !== undefined && row.damaged_at === null
    },
    async stat(sha256) {
      const row = (await findPlaces(parts, [checkDigest(sha256)])).get(sha256)
      if (row === undefined || row.damaged_at !== null) return undefined
      return { sha256, md5: row.md5, sizeBytes: row.size_bytes }
    },
    read: (sha256, range) => read(parts, hashes, sha256, range),
    readAll: (sha256) => readAll(parts, hashes, sha256),
    readEach: (digests) => readEach(parts, hashes, digests),
    localPath: (sha256) => localPath(parts, hashes, copies, sha256),
    delete: async (sha256) => deletePlaces(parts, [checkDigest(sha256)]),
    list: () => list(parts),
    ...createStaging(parts, redo),
    ...createUpkeep(parts, hashes),
    async close() {
      await redo.close()
      await hashes.close()
      await parts.objects.close()
      await parts.copy?.close()
    },
  }
}

async function put(
  parts: StoreParts,
  small: SmallBlobs,
  hashes: HashThread,
  content: AsyncIterable<Uint8Array> | Uint8Array,
  options: PutOptions,
): Promise<BlobStat> {
  const taken = await takeIn(content, options, parts.objects, hashes)
  try {
    checkExpected(taken.stat, options)
    if (taken.kind === 'small') await small.put(taken)
    else await putFile(parts, taken)
    return taken.stat
  } finally {
    if (taken.kind === 'file') taken.discard()
  }
}

async function putFile(parts: StoreParts, file: Intake & { kind: 'file' }): Promise<void> {
  const there = await touchPlaces(parts, [file.stat.sha256])
  if (!there.has(file.stat.sha256)) await putLarge(parts, file)
}

async function* read(
  parts: StoreParts,
  hashes: HashThread,
  sha256: BlobDigest,
  { start, end }: { start: number; end?: number } = { start: 0 },
): AsyncGenerator<Uint8Array> {
  checkDigest(sha256)
  if (!Number.isSafeInteger(start) || start < 0 || (end ?? Infinity) < start) {
    throw invalid(`The range ${start} to ${end} is not valid. Give 0 ≤ start ≤ end, in bytes.`)
  }
  const row = await requirePlace(parts, sha256)
  const last = Math.min(end ?? Infinity, row.size_bytes)
  if (start === 0 && last === row.size_bytes && last <= smallBytes) {
    if (last > 0) yield await readVerified(parts, hashes, row)
    return
  }
  yield* readExtents(parts.objects, await extentsOf(parts, row), start, last)
}

/** A small blob, put right from the second copy when it must be. */
async function readVerified(
  parts: StoreParts,
  hashes: HashThread,
  row: PlaceRow,
): Promise<Uint8Array> {
  const content = await readSmall(parts.objects, row)
  if (content !== undefined) return content
  if ((await heal(parts, hashes, row)) === 'damaged') throw damaged(row.sha256)
  const again = await readSmall(parts.objects, await requirePlace(parts, row.sha256))
  if (again === undefined) throw damaged(row.sha256)
  return again
}

async function readAll(
  parts: StoreParts,
  hashes: HashThread,
  sha256: BlobDigest,
): Promise<Uint8Array> {
  const row = await requirePlace(parts, checkDigest(sha256))
  if (row.size_bytes <= smallBytes) return readVerified(parts, hashes, row)
  const content: Uint8Array[] = []
  const extents = await extentsOf(parts, row)
  for await (const part of readExtents(parts.objects, extents, 0, row.size_bytes)) {
    content.push(part)
  }
  return Buffer.concat(content)
}

async function* readEach(
  parts: StoreParts,
  hashes: HashThread,
  digests: readonly BlobDigest[],
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const some of inGroups(digests)) {
    const rows = await findPlaces(parts, some.map(checkDigest))
    for (const sha256 of some) {
      const row = rows.get(sha256)
      // The slow way says what is wrong.
      const ready = row !== undefined && row.damaged_at === null && row.size_bytes <= smallBytes
      yield ready ? await readVerified(parts, hashes, row) : await readAll(parts, hashes, sha256)
    }
  }
}

async function localPath(
  parts: StoreParts,
  hashes: HashThread,
  copies: LocalCopies,
  sha256: BlobDigest,
): Promise<string> {
  const row = await requirePlace(parts, checkDigest(sha256))
  const isFile = row.object?.startsWith('files/') === true
  const path = isFile ? parts.objects.localPath(row.object ?? '') : undefined
  return path ?? copies.path(sha256, () => read(parts, hashes, sha256))
}

async function* list(parts: StoreParts): AsyncGenerator<BlobDigest> {
  for (let after = ''; ;) {
    const rows = await readIndex(parts)
      .selectFrom('blob_places')
      .select('sha256')
      .where('sha256', '>', after)
      .where('damaged_at', 'is', null)
      .orderBy('sha256')
      .limit(5000)
      .execute()
    yield* rows.map((row) => row.sha256)
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.sha256
  }
}
