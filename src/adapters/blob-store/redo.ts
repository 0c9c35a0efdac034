import type { BlobRedoRow, BlobTables } from '#ports/blobs/blob-tables'
import { statOf } from './digest.ts'
import { packRecords } from './pack-record.ts'
import { inGroups, readIndex, rowsPerStatement, type StoreParts } from './parts.ts'
import { noteObject, type Tx } from './places.ts'

/** Few bytes: writing them twice costs less than a flush of their own. */
const mostBytes = 64 * 1024
const flushAfterMs = 1000
const flushAfterBytes = 2 * 1024 * 1024

/**
 * Makes small blobs durable by the commit that names them: their bytes are in a pack that is not
 * flushed yet, and once more in the tables until it is. What a crash of the machine takes from the
 * pack is put there again at the next start.
 */
export class RedoLog {
  readonly #parts: StoreParts
  #timer: NodeJS.Timeout | undefined
  #notedBytes = 0
  #flushing: Promise<void> | undefined

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  /** Whether bytes may be put into a pack without a flush. */
  takes(bytes: Uint8Array): boolean {
    return this.#parts.objects.appendSoon !== undefined && bytes.byteLength <= mostBytes
  }

  /** In the transaction that names the blobs. */
  async note(tx: Tx, rows: readonly BlobRedoRow[]): Promise<void> {
    for (const group of inGroups(rows)) await tx.insertInto('blob_redo').values(group).execute()
    for (const { content } of rows) this.#notedBytes += content.byteLength
    if (this.#notedBytes > flushAfterBytes) this.#begin()
    else this.#timer ??= setTimeout(() => this.#begin(), flushAfterMs)
  }

  #begin(): void {
    // A failure shows again with the next one; meanwhile the bytes are in the tables.
    this.flush().catch(() => (this.#timer ??= setTimeout(() => this.#begin(), flushAfterMs)))
  }

  /** Makes the packs durable, and forgets what they hold. */
  async flush(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#notedBytes = 0
    this.#flushing = this.#flush().finally(() => (this.#flushing = undefined))
    await this.#flushing
  }

  async #flush(): Promise<void> {
    const { objects, tables } = this.#parts
    const rows = await readIndex(this.#parts)
      .selectFrom('blob_redo')
      .select(['object', 'start'])
      .execute()
    if (rows.length === 0) return
    const flushed = new Set(await objects.flush())
    const durable = Map.groupBy(
      rows.filter(({ object }) => flushed.has(object)),
      ({ object }) => object,
    )
    await tables.write<BlobTables, void>(async (tx) => {
      for (const [object, places] of durable) {
        for (const group of inGroups(places, rowsPerStatement)) {
          const starts = group.map(({ start }) => start)
          await tx
            .deleteFrom('blob_redo')
            .where('object', '=', object)
            .where('start', 'in', starts)
            .execute()
        }
      }
    })
  }

  /**
   * Puts what a crash may have taken into a pack again. What another process that is alive has noted
   * is moved as well, which does no harm.
   */
  async recover(): Promise<void> {
    const rows = await readIndex(this.#parts).selectFrom('blob_redo').selectAll().execute()
    for (const group of inGroups(rows)) await this.#recoverRows(group)
  }

  async #recoverRows(rows: readonly BlobRedoRow[]): Promise<void> {
    const { objects, tables, clock } = this.#parts
    const { bytes, offsets } = packRecords(
      rows.map(({ content }) => ({ content, stat: statOf(content) })),
    )
    const { key, start } = await objects.append(bytes)
    const object = { key, kind: 'pack', size_bytes: start + bytes.byteLength } as const
    await tables.write<BlobTables, void>(async (tx) => {
      if (!(await noteObject(tx, object, clock()))) return
      for (const [index, row] of rows.entries()) {
        await tx
          .updateTable('blob_places')
          .set({ object: key, start: start + (offsets[index] ?? 0) })
          .where('object', '=', row.object)
          .where('start', '=', row.start)
          .execute()
        await tx
          .deleteFrom('blob_redo')
          .where('object', '=', row.object)
          .where('start', '=', row.start)
          .execute()
      }
    })
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.flush()
  }
}
