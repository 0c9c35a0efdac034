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
import { GyreError } from '#kernel/errors'

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
 * Copies a data directory into a new one while a server may be using it. The tables come first, as
 * they are at one moment; blobs and telemetry files are there before a row names them and never
 * change, so what is copied after has all that the rows name. The copy is a data directory itself,
 * and it is seen only when it is complete and durable.
 */
export async function backupStore(source: string, target: string): Promise<CopyReport> {
  await requireStore(source)
  return copyWhole(
    target,
    async (partial) => {
      const database = new DatabaseSync(join(source, databaseFile), {
        readOnly: true,
        timeout: 10_000,
      })
      try {
        await backup(database, join(partial, databaseFile))
      } finally {
        database.close()
      }
    },
    source,
  )
}

/** Makes a data directory of a backup. Throws `already_exists` when there is anything at `target`. */
export async function restoreStore(source: string, target: string): Promise<CopyReport> {
  await requireStore(source)
  return copyWhole(
    target,
    async (partial) => {
      await copyFile(join(source, databaseFile), join(partial, databaseFile))
    },
    source,
  )
}

async function copyWhole(
  target: string,
  copyTables: (partial: string) => Promise<void>,
  source: string,
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
    await copyTables(partial)
    await syncPath(join(partial, databaseFile))
    await copyFile(join(source, formatFile), join(partial, formatFile))
    await copyOne(join(source, keyFileName), join(partial, keyFileName))
    for (const part of parts) await copyTree(join(source, part), join(partial, part))
    const report = await measure(partial)
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
    public: `${directory} holds no Gyre store: there is no ${databaseFile} in it. Tables in PostgreSQL are backed up with pg_dump, before the directory is copied.`,
  })
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
