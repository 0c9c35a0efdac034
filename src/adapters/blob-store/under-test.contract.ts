import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { openFsObjects } from '#adapters/fs/objects'
import { migrateTables } from '#adapters/sql/migrate'
import { openSqlite } from '#adapters/sql/sqlite'
import type { BlobTables } from '#ports/blobs/blob-tables'
import type { Objects } from '#ports/objects/objects'
import type { Tables } from '#ports/tables/tables'
import { type BlobStore, openBlobStore } from './open-blob-store.ts'

export interface StoreUnderTest {
  blobs: BlobStore
  tables: Tables
  objects: Objects
  directory: string
  /** Moves the store's clock, in milliseconds. */
  pass(ms: number): void
  close(): Promise<void>
}

export interface StoreOptions {
  /** Default: a new directory below this one. */
  below?: string
  directory?: string
  /** With the migrations made; they are emptied of blobs, and closed by whoever opened them. */
  tables?: Tables
  /** Whether what these tables hold stays. */
  keep?: boolean
  copy?: Objects
  objects?: Objects
}

/** A real store in a directory, with tables of its own. */
export async function openStore(options: StoreOptions): Promise<StoreUnderTest> {
  const { below = '/tmp' } = options
  const directory = options.directory ?? (await mkdtemp(join(below, 'store-')))
  const objects = options.objects ?? (await openFsObjects(join(directory, 'blobs')))
  const tables = options.tables ?? (await openSqlite(join(directory, 'gyre.db')))
  if (options.tables === undefined) await migrateTables(tables)
  else if (options.keep !== true) await emptyIndex(tables)
  let passed = 0
  const blobs = await openBlobStore({
    objects,
    copy: options.copy,
    tables,
    cacheDirectory: join(directory, 'cache'),
    clock: () => Date.now() + passed,
  })
  return {
    blobs,
    tables,
    objects,
    directory,
    pass: (ms) => void (passed += ms),
    async close() {
      await blobs.close()
      if (options.tables === undefined) await tables.close()
    },
  }
}

async function emptyIndex(tables: Tables): Promise<void> {
  const names = ['blob_objects', 'blob_places', 'blob_extents', 'blob_chunks', 'blob_redo'] as const
  await tables.write<BlobTables, void>(async (tx) => {
    for (const name of names) await tx.deleteFrom(name).execute()
  })
}
