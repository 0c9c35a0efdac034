import type { Transaction } from 'kysely'
import type { Context } from '#domains/access/index'
import type { DataTables, DvcObjectRow, readData } from '../store.ts'
import { objectPath, parseRemotePath } from './object-path.ts'
import type { Remote } from './remote.ts'

/** Names of one statement: engines bound the count of parameters. */
const pathsPerQuery = 500

type Reader = ReturnType<typeof readData> | Transaction<DataTables>

/** What names content: under it lies, or may lie, a blob of the project. */
export type Found = Pick<DvcObjectRow, 'path' | 'sha256' | 'md5' | 'size_bytes'>

/**
 * Which of these objects are there, by path: pushed to the remote, or uploaded to its project in
 * another way, `claimed` telling which. Manifests are there only when they were pushed; whether they
 * are complete is asked elsewhere.
 */
export async function findPresent(
  db: Reader,
  remote: Remote,
  paths: readonly string[],
): Promise<Map<string, Found & { claimed: boolean }>> {
  const present = new Map<string, Found & { claimed: boolean }>()
  for (let start = 0; start < paths.length; start += pathsPerQuery) {
    const some = paths.slice(start, start + pathsPerQuery)
    for (const row of await pushed(db, remote, some)) {
      present.set(row.path, { ...row, claimed: true })
    }
    const others = some.filter((path) => !present.has(path))
    for (const row of await uploaded(db, remote, others)) {
      present.set(row.path, { ...row, claimed: false })
    }
  }
  return present
}

async function pushed(db: Reader, { repo }: Remote, paths: readonly string[]): Promise<Found[]> {
  return db
    .selectFrom('dvc_objects')
    .select(['path', 'sha256', 'md5', 'size_bytes'])
    .where('repo', '=', repo)
    .where('path', 'in', paths)
    .execute()
}

/** What the project has under an md5, for the layout whose names are that. */
async function uploaded(
  db: Reader,
  { project }: Remote,
  paths: readonly string[],
): Promise<Found[]> {
  const digests = paths.flatMap(plainDigest)
  if (digests.length === 0) return []
  const rows = await db
    .selectFrom('data_blobs')
    .select(['sha256', 'md5', 'size_bytes'])
    .where('project', '=', project)
    .where('md5', 'in', digests)
    .execute()
  return rows.map((row) => ({ ...row, path: objectPath('md5', row.md5) }))
}

function plainDigest(path: string): string[] {
  const parsed = parseRemotePath(path)
  return parsed.kind === 'object' && parsed.layout === 'md5' && !parsed.isDirectory
    ? [parsed.digest]
    : []
}

/** Gives the remote names for what its project has, so that nothing of a manifest is given up. */
export async function claimObjects(
  ctx: Context,
  tx: Transaction<DataTables>,
  { repo }: Remote,
  found: readonly Found[],
): Promise<void> {
  const created_at = ctx.clock()
  for (let start = 0; start < found.length; start += pathsPerQuery) {
    const rows = found.slice(start, start + pathsPerQuery).map((row) => ({
      repo,
      path: row.path,
      sha256: row.sha256,
      md5: row.md5,
      size_bytes: row.size_bytes,
      missing: 0,
      checked: 0,
      created_at,
    }))
    await tx
      .insertInto('dvc_objects')
      .values(rows)
      .onConflict((c) => c.doNothing())
      .execute()
  }
}
