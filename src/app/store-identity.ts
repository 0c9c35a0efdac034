import { randomUUID } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { GyreError } from '#kernel/errors'
import type { Tables } from '#ports/tables/tables'

/** The file of a data directory that says which tables are its own. */
export const identityFile = 'store-id'

interface IdentityTables {
  store_identity: {
    singleton: number
    id: string
    host: string
    directory: string
    claimed_at: number
  }
  journal: { seq: number }
}

interface Place {
  path: string
  blobsPath: string
}

/**
 * Makes sure that tables which are elsewhere (PostgreSQL) and this data directory belong together:
 * rows name blobs and telemetry that only their own directory has. The first directory to come to
 * empty tables is theirs from then on. Throws `conflict` for another one.
 */
export async function claimTables(tables: Tables, place: Place): Promise<void> {
  const known = await readClaim(tables)
  const id = await readIdentity(place.path)
  if (known !== undefined) {
    if (known.id === id) return
    throw foreignTables(place.path, known)
  }
  if (!(await hasRecords(tables)) && (await hasBlobs(place))) throw foreignDirectory(place.path)
  const own = id ?? (await makeIdentity(place.path))
  await tables.write<IdentityTables, void>(async (tx) => {
    await tx
      .insertInto('store_identity')
      .values({
        singleton: 1,
        id: own,
        host: hostname(),
        directory: place.path,
        claimed_at: Date.now(),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  })
  // Of two that come at the same moment, one is too late.
  const claimed = await readClaim(tables)
  if (claimed !== undefined && claimed.id !== own) throw foreignTables(place.path, claimed)
}

async function readClaim(tables: Tables): Promise<IdentityTables['store_identity'] | undefined> {
  return tables
    .read<IdentityTables>()
    .selectFrom('store_identity')
    .select(['singleton', 'id', 'host', 'directory', 'claimed_at'])
    .executeTakeFirst()
}

async function hasRecords(tables: Tables): Promise<boolean> {
  const db = tables.read<IdentityTables>()
  const record = await db.selectFrom('journal').select('seq').limit(1).executeTakeFirst()
  return record !== undefined
}

async function hasBlobs({ blobsPath }: Place): Promise<boolean> {
  const entries = await readdir(blobsPath, { recursive: true, withFileTypes: true })
  return entries.some((entry) => entry.isFile())
}

async function readIdentity(directory: string): Promise<string | undefined> {
  try {
    return (await readFile(join(directory, identityFile), 'utf8')).trim()
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  }
}

/** Several processes of one server may start at once: the first to write decides for all. */
async function makeIdentity(directory: string): Promise<string> {
  const made = randomUUID()
  try {
    await writeFile(join(directory, identityFile), `${made}\n`, { flag: 'wx', flush: true })
    return made
  } catch (thrown) {
    const theirs = await readIdentity(directory)
    if (theirs === undefined || theirs === '') throw thrown
    return theirs
  }
}

function foreignTables(path: string, { host, directory }: { host: string; directory: string }) {
  return new GyreError({
    code: 'conflict',
    public:
      `The tables of this database belong to another data directory (${directory} on ${host}), ` +
      `and ${path} has none of the files that they name. Start with that directory or a copy of it ` +
      '(--data), share it between machines that run single roles (--role), or name an empty database.',
  })
}

function foreignDirectory(path: string) {
  return new GyreError({
    code: 'conflict',
    public:
      `The data directory ${path} holds files of other tables, and this database is empty. ` +
      'Name the database that belongs to it, restore that first, or choose a new directory (--data).',
  })
}
