import type { BlobTables } from '#ports/blobs/blob-tables'
import type { BlobStat } from '#ports/blobs/blobs'
import { packRecords } from './pack-record.ts'
import { noteObject, notePlaces, type PlaceRow, touchPlaces, type Tx } from './places.ts'
import type { StoreParts } from './parts.ts'
import type { RedoLog } from './redo.ts'

export interface SmallBlob {
  stat: BlobStat
  content: Uint8Array
}

interface Waiting extends SmallBlob {
  resolve(): void
  reject(reason: unknown): void
}

/** What is written at once; more waits for the next round. */
const mostInGroup = 2000
const mostBytesInGroup = 8 * 1024 * 1024

/**
 * Puts small blobs into packs, many at a time: whoever comes while some are being written shares the
 * next write, and its fsync, with all others who came.
 */
export class SmallBlobs {
  readonly #parts: StoreParts
  readonly #redo: RedoLog
  readonly #waiting: Waiting[] = []
  #isRunning = false

  constructor(parts: StoreParts, redo: RedoLog) {
    this.#parts = parts
    this.#redo = redo
  }

  put(blob: SmallBlob): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...blob, resolve, reject })
      if (!this.#isRunning) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    // Those who come in the same turn of the event loop go together.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup()
      try {
        await putSmall(this.#parts, this.#redo, group)
        for (const { resolve } of group) resolve()
      } catch (thrown) {
        for (const { reject } of group) reject(thrown)
      }
    }
    this.#isRunning = false
  }

  #nextGroup(): Waiting[] {
    let count = 0
    let sizeBytes = 0
    for (const { content } of this.#waiting) {
      if (count === mostInGroup || sizeBytes > mostBytesInGroup) break
      sizeBytes += content.byteLength
      count++
    }
    return this.#waiting.splice(0, count)
  }
}

/** Puts small blobs into the pack, those that are not there yet. */
async function putSmall(
  parts: StoreParts,
  redo: RedoLog,
  blobs: readonly SmallBlob[],
): Promise<void> {
  await keepStaged(parts, () => stageSmall(parts, redo, blobs))
}

/** Puts blobs into the pack; one that is there and whole stays where it is. */
export async function appendBlobs(parts: StoreParts, blobs: readonly SmallBlob[]): Promise<void> {
  await keepStaged(parts, () => stageAll(parts, blobs))
}

/** Bytes that are in a pack; `keep` gives false when the pack was given up meanwhile. */
interface Staged {
  keep(tx: Tx): Promise<boolean>
}

/** How often bytes are put elsewhere because their pack was given up meanwhile. */
const attempts = 3

async function keepStaged(
  { tables }: StoreParts,
  stage: () => Promise<Staged | undefined>,
): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const staged = await stage()
    if (staged === undefined) return
    if (await tables.write<BlobTables, boolean>((tx) => staged.keep(tx))) return
  }
  throw new Error('Packs were given up as fast as they were written.')
}

/** Stages those that are not there yet; nothing when all are. */
export async function stageSmall(
  parts: StoreParts,
  redo: RedoLog,
  blobs: readonly SmallBlob[],
): Promise<Staged | undefined> {
  const there = await touchPlaces(
    parts,
    blobs.map(({ stat }) => stat.sha256),
  )
  const fresh = new Map<string, SmallBlob>()
  for (const blob of blobs) {
    if (!there.has(blob.stat.sha256)) fresh.set(blob.stat.sha256, blob)
  }
  return fresh.size === 0 ? undefined : stageAll(parts, [...fresh.values()], redo)
}

async function stageAll(
  { objects, clock }: StoreParts,
  blobs: readonly SmallBlob[],
  redo?: RedoLog,
): Promise<Staged> {
  const { bytes, offsets } = packRecords(blobs)
  const soon = redo?.takes(bytes) === true ? await objects.appendSoon?.(bytes) : undefined
  const { key, start } = soon ?? (await objects.append(bytes))
  const rows = blobs.map(({ stat }, i): PlaceRow => {
    const { sha256, md5, sizeBytes } = stat
    return { sha256, md5, size_bytes: sizeBytes, object: key, start: start + (offsets[i] ?? 0) }
  })
  return {
    async keep(tx) {
      const now = clock()
      const object = { key, kind: 'pack', size_bytes: start + bytes.byteLength } as const
      if (!(await noteObject(tx, object, now))) return false
      await notePlaces(tx, rows, now)
      if (soon === undefined) return true
      const contents = blobs.map(({ content }, i) => ({
        object: key,
        start: start + (offsets[i] ?? 0),
        content,
      }))
      await redo?.note(tx, contents)
      return true
    },
  }
}
