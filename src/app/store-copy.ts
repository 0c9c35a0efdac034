import { constants } from 'node:fs'
import {
  copyFile,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { keyFileName } from '#adapters/aes-gcm/installation-key'
import { GyreError, invalid } from '#kernel/errors'
import { dumpFile, dumpTables, requireEmpty, restoreTables } from './postgres-copy.ts'
import { identityFile } from './store-identity.ts'

export interface CopyReport {
  directory: string
  files: number
  sizeBytes: number
}

/** What a data directory is made of, besides the tables. Scratch files and locks are left out. */
const parts = ['blobs', 'telemetry']
const databaseFile = 'gyre.db'
const formatFile = 'gyre-format'

/**
 * Copies a store into a new directory while a server may be using it. The tables come first, as they
 * are at one moment; blobs and telemetry files are there before a row names them and never change, so
 * what is copied after has all that the rows name. The copy is seen only when it is complete and
 * durable. With tables in SQLite it is a data directory itself; of tables in PostgreSQL it holds a
 * dump.
 */
export async function backupStore(
  source: string,
  target: string,
  databaseUrl?: string,
): Promise<CopyReport> {
  if (databaseUrl !== undefined) {
    await requireDirectory(source)
    const tables = (partial: string) => dumpTables(databaseUrl, join(partial, dumpFile))
    return copyWhole(target, { file: dumpFile, copy: tables }, source)
  }
  await requireStore(source)
  return copyWhole(target, { file: databaseFile, copy: (to) => copySqlite(source, to) }, source)
}

async function copySqlite(source: string, partial: string): Promise<void> {
  const database = new DatabaseSync(join(source, databaseFile), { readOnly: true, timeout: 10_000 })
  try {
    await backup(database, join(partial, databaseFile))
  } finally {
    database.close()
  }
}

/**
 * Makes a store of a backup: a data directory, and tables in an empty PostgreSQL where they came from
 * one. Throws `already_exists` when there is anything at `target` or in the database.
 */
export async function restoreStore(
  source: string,
  target: string,
  databaseUrl?: string,
): Promise<CopyReport> {
  const dump = join(source, dumpFile)
  if (await isThere(dump)) {
    if (databaseUrl === undefined) throw needsDatabase(source)
    await requireEmpty(databaseUrl)
    const nothing = { file: undefined, copy: async () => {} }
    // The tables come last, in one transaction: until then nothing names the directory.
    return copyWhole(target, nothing, source, () => restoreTables(dump, databaseUrl))
  }
  await requireStore(source)
  if (databaseUrl !== undefined) throw needsNoDatabase(source)
  const tables = (partial: string) =>
    copyFile(join(source, databaseFile), join(partial, databaseFile))
  return copyWhole(target, { file: databaseFile, copy: tables }, source)
}

/** How the tables get into a copy, and the file they are in there. */
interface TablesCopy {
  file: string | undefined
  copy(partial: string): Promise<void>
}

async function copyWhole(
  target: string,
  tables: TablesCopy,
  source: string,
  beforeItIsSeen: () => Promise<void> = async () => {},
): Promise<CopyReport> {
  if (await isThere(target)) {
    throw new GyreError({
      code: 'already_exists',
      public: `There is something at ${target} already. Name a directory that is not there yet.`,
    })
  }
  const partial = `${target}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true })
  try {
    await tables.copy(partial)
    if (tables.file !== undefined) await syncPath(join(partial, tables.file))
    await copyFile(join(source, formatFile), join(partial, formatFile))
    for (const file of [keyFileName, identityFile])
      await copyOne(join(source, file), join(partial, file))
    for (const part of parts) await copyTree(join(source, part), join(partial, part))
    const report = await measure(partial)
    await beforeItIsSeen()
    await rename(partial, target)
    await syncPath(dirname(target))
    return { directory: target, ...report }
  } catch (thrown) {
    await rm(partial, { recursive: true, force: true })
    throw thrown
  }
}

async function requireStore(directory: string): Promise<void> {
  if (await isThere(join(directory, databaseFile))) return
  throw new GyreError({
    code: 'not_found',
    public: `${directory} holds no Gyre store: there is no ${databaseFile} in it. Where the tables are in PostgreSQL, name it with --database-url.`,
  })
}

async function requireDirectory(directory: string): Promise<void> {
  if (await isThere(join(directory, formatFile))) return
  throw new GyreError({
    code: 'not_found',
    public: `${directory} is no data directory of Gyre: there is no ${formatFile} in it. Name another with --data.`,
  })
}

function needsDatabase(source: string): GyreError {
  return invalid(
    `The tables of ${source} came from PostgreSQL: name an empty database for them with --database-url.`,
  )
}

function needsNoDatabase(source: string): GyreError {
  return invalid(
    `The tables of ${source} are in SQLite and stay there: leave --database-url away, and unset GYRE_DATABASE_URL.`,
  )
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  if (!(await isThere(from))) return
  for (const entry of await readdir(from, { withFileTypes: true })) {
    // What is being written belongs to nobody yet.
    if (entry.name === 'incoming') continue
    const [source, copy] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyTree(source, copy)
    else if (entry.isFile()) await copyOne(source, copy)
    // A blob's md5 is spelt by a link that leads nowhere.
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), copy)
  }
  await syncPath(to)
}

/** Where the file system can, a clone of the blocks. A file that is not there was given up. */
async function copyOne(source: string, copy: string): Promise<void> {
  try {
    await copyFile(source, copy, constants.COPYFILE_FICLONE)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return
    throw thrown
  }
  await syncPath(copy)
}

async function measure(directory: string): Promise<{ files: number; sizeBytes: number }> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  let files = 0
  let sizeBytes = 0
  for (const entry of entries) {
    if (!entry.isFile()) continue
    files++
    sizeBytes += (await stat(join(entry.parentPath, entry.name))).size
  }
  return { files, sizeBytes }
}

async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw thrown
  }
}
