import { stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { migrations } from '#adapters/sql/migrations/all'
import { asSystem } from '#domains/access/index'
import { rebuildEdges, verifyChain } from '#domains/journal/index'
import { GyreError } from '#kernel/errors'
import type { Blobs } from '#ports/blobs/blobs'
import type { RebuiltIndex } from '#ports/blobs/upkeep'
import type { Tables } from '#ports/tables/tables'
import { createBlobNames } from './blob-names.ts'
import { type BlobPlaces, openBlobs } from './blobs.ts'
import { sha256 } from './identifiers.ts'
import { openPlatform } from './platform.ts'

export interface Finding {
  check: 'migrations' | 'journal' | 'blobs' | 'disk'
  ok: boolean
  text: string
}

export interface DoctorOptions {
  dataDirectory: string
  databaseUrl: string | undefined
  /** Where blobs lie, when not in the data directory. */
  blobPlaces?: BlobPlaces
  /** Only the journal. */
  journalOnly: boolean
  /** Also read every blob and compare it with its name. */
  deep: boolean
}

const leastFreeBytes = 1_000_000_000

/** Examines a store from outside, without changing it; a server may be using it. */
export async function examineStore(options: DoctorOptions): Promise<Finding[]> {
  const tables = await openExisting(options)
  try {
    const journal = await checkJournal(tables)
    if (options.journalOnly) return [journal]
    const migrated = await checkMigrations(tables)
    const findings = [migrated, journal, await checkDisk(options.dataDirectory)]
    // The rows that name blobs are read as this version knows them.
    if (!migrated.ok) return findings
    const blobs = await openBlobs({
      blobsPath: join(options.dataDirectory, 'blobs'),
      scratchPath: join(options.dataDirectory, 'scratch'),
      places: options.blobPlaces,
      tables,
    })
    try {
      return [...findings, await checkBlobs(tables, blobs, options.deep)]
    } finally {
      await blobs.close()
    }
  } finally {
    await tables.close()
  }
}

/**
 * Derives the lineage anew from the journal; no server may be using the store meanwhile. Gives the
 * number of edges.
 */
export async function rebuildLineage({
  dataDirectory,
  databaseUrl,
}: Pick<DoctorOptions, 'dataDirectory' | 'databaseUrl'>): Promise<number> {
  const tables = await openExisting({ dataDirectory, databaseUrl })
  await tables.close()
  const { platform, close } = await openPlatform({ dataDirectory, databaseUrl })
  try {
    return await rebuildEdges(asSystem(platform, 'doctor'))
  } finally {
    await close()
  }
}

/**
 * Makes the index of blobs again of what lies where they lie; no server may be using the store
 * meanwhile.
 */
export async function rebuildBlobIndex(
  {
    dataDirectory,
    databaseUrl,
    blobPlaces,
  }: Pick<DoctorOptions, 'dataDirectory' | 'databaseUrl' | 'blobPlaces'>,
  onObject: (objects: number) => void,
): Promise<RebuiltIndex> {
  const tables = await openExisting({ dataDirectory, databaseUrl })
  await tables.close()
  const { platform, close } = await openPlatform({
    dataDirectory,
    databaseUrl,
    ...(blobPlaces === undefined ? {} : { blobPlaces }),
  })
  try {
    return await platform.blobUpkeep.rebuildIndex(onObject)
  } finally {
    await close()
  }
}

/** Opens tables that must be there already: examining must not make a store. */
async function openExisting({
  dataDirectory,
  databaseUrl,
}: Pick<DoctorOptions, 'dataDirectory' | 'databaseUrl'>): Promise<Tables> {
  if (databaseUrl !== undefined) {
    const { openPostgres } = await import('#adapters/sql/postgres')
    return openPostgres(databaseUrl)
  }
  const path = join(dataDirectory, 'gyre.db')
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) {
    throw new GyreError({
      code: 'not_found',
      public: `${dataDirectory} holds no Gyre store: there is no gyre.db in it. Name another with --data.`,
    })
  }
  const { openSqlite } = await import('#adapters/sql/sqlite')
  return openSqlite(path)
}

async function checkJournal(tables: Tables): Promise<Finding> {
  const { intact, records, head, firstBroken } = await verifyChain({ tables, digest: sha256 })
  if (intact) {
    const text = `${records.toLocaleString('en-US')} records follow from one another; the last hash is ${head}.`
    return { check: 'journal', ok: true, text }
  }
  const text = `Record ${firstBroken?.seq} is broken: ${firstBroken?.problem}. The ${records.toLocaleString('en-US')} before it are in order.`
  return { check: 'journal', ok: false, text }
}

async function checkMigrations(tables: Tables): Promise<Finding> {
  const rows = await tables
    .read<{ gyre_migrations: { name: string } }>()
    .selectFrom('gyre_migrations')
    .select('name')
    .execute()
  const done = new Set(rows.map(({ name }) => name))
  const missing = migrations.filter(({ name }) => !done.has(name)).map(({ name }) => name)
  const text =
    missing.length === 0
      ? `All ${migrations.length} migrations were made.`
      : `Not made yet, the next start makes them: ${missing.join(', ')}.`
  return { check: 'migrations', ok: missing.length === 0, text }
}

async function checkBlobs(tables: Tables, blobs: Blobs, deep: boolean): Promise<Finding> {
  let count = 0
  const bad: string[] = []
  for await (const { sha256: digest } of createBlobNames(tables, blobs).live()) {
    count++
    if (!(await blobs.has(digest))) bad.push(`${digest} is missing`)
    else if (deep && !(await isUnaltered(blobs, digest))) bad.push(`${digest} was altered`)
  }
  if (bad.length === 0) {
    const text = `All ${count.toLocaleString('en-US')} blobs that rows name are there${deep ? ' and unaltered' : ''}.`
    return { check: 'blobs', ok: true, text }
  }
  const text = `${bad.length} of ${count} blobs that rows name are not in order: ${bad.slice(0, 5).join('; ')}.`
  return { check: 'blobs', ok: false, text }
}

/** Small ones are compared with their names by the store itself, whenever they are read. */
async function isUnaltered(blobs: Blobs, digest: string): Promise<boolean> {
  try {
    return sha256(await blobs.readAll(digest)) === digest
  } catch {
    return false
  }
}

async function checkDisk(directory: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(directory)
  const freeBytes = bavail * bsize
  const ok = freeBytes >= leastFreeBytes
  const text = `${(freeBytes / 1e9).toFixed(1)} GB are free${ok ? '' : ': make room before writes fail'}.`
  return { check: 'disk', ok, text }
}
