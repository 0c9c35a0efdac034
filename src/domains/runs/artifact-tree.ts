import { invalid } from '#kernel/errors'
import type { ArtifactRow, RunsReader, RunsTransaction } from './store.ts'

/** The path above; empty at the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

/** Every directory above a path, the nearest first. */
function directoriesAbove(path: string): string[] {
  const above: string[] = []
  for (let up = parentOf(path); up !== ''; up = parentOf(up)) above.push(up)
  return above
}

/** Puts a file in its place, over one that is there. Errors: `invalid` where something is in the way. */
export async function placeFile(
  db: RunsTransaction,
  file: Omit<ArtifactRow, 'directory'>,
): Promise<void> {
  const { project, path, ...content } = file
  const above = directoriesAbove(path)
  await refuseInTheWay(db, project, path, above)
  await db
    .insertInto('artifacts')
    .values({ project, path, directory: parentOf(path), ...content })
    .onConflict((c) => c.columns(['project', 'path']).doUpdateSet(content))
    .execute()
  if (above.length === 0) return
  await db
    .insertInto('artifact_directories')
    .values(above.map((directory) => ({ project, path: directory, parent: parentOf(directory) })))
    .onConflict((c) => c.doNothing())
    .execute()
}

/** A file cannot be where a directory is, nor under another file. */
async function refuseInTheWay(
  db: RunsTransaction,
  project: string,
  path: string,
  above: readonly string[],
): Promise<void> {
  const inTheWay =
    (await db
      .selectFrom('artifact_directories')
      .select('path')
      .where('project', '=', project)
      .where('path', '=', path)
      .executeTakeFirst()) ??
    (above.length === 0
      ? undefined
      : await db
          .selectFrom('artifacts')
          .select('path')
          .where('project', '=', project)
          .where('path', 'in', above)
          .executeTakeFirst())
  if (inTheWay === undefined) return
  throw invalid(
    `The artifact "${path}" cannot be stored: "${inTheWay.path}" is there, and a path is either a file or a directory.`,
  )
}

/** What is directly in a directory, by path. */
export async function listDirectory(
  db: RunsReader,
  project: string,
  directory: string,
): Promise<{ directories: string[]; files: ArtifactRow[] }> {
  const directories = await db
    .selectFrom('artifact_directories')
    .select('path')
    .where('project', '=', project)
    .where('parent', '=', directory)
    .orderBy('path')
    .execute()
  const files = await db
    .selectFrom('artifacts')
    .select(['project', 'path', 'directory', 'sha256', 'size_bytes', 'created_at'])
    .where('project', '=', project)
    .where('directory', '=', directory)
    .orderBy('path')
    .execute()
  return { directories: directories.map((row) => row.path), files }
}

export async function findFile(
  db: RunsReader,
  project: string,
  path: string,
): Promise<{ sha256: string; size_bytes: number } | undefined> {
  return db
    .selectFrom('artifacts')
    .select(['sha256', 'size_bytes'])
    .where('project', '=', project)
    .where('path', '=', path)
    .executeTakeFirst()
}

/** Removes a file, or a directory with everything in it. Gives how many files went. */
export async function removeTree(
  db: RunsTransaction,
  project: string,
  path: string,
): Promise<number> {
  const below = { from: `${path}/`, to: `${path}0` }
  const removed = await db
    .deleteFrom('artifacts')
    .where('project', '=', project)
    .where((eb) =>
      eb.or([
        eb('path', '=', path),
        eb.and([eb('path', '>=', below.from), eb('path', '<', below.to)]),
      ]),
    )
    .executeTakeFirst()
  await db
    .deleteFrom('artifact_directories')
    .where('project', '=', project)
    .where((eb) =>
      eb.or([
        eb('path', '=', path),
        eb.and([eb('path', '>=', below.from), eb('path', '<', below.to)]),
      ]),
    )
    .execute()
  await removeEmptyAbove(db, project, path)
  return Number(removed.numDeletedRows)
}

/** A directory is there as long as something is in it. */
async function removeEmptyAbove(db: RunsTransaction, project: string, path: string): Promise<void> {
  for (const directory of directoriesAbove(path)) {
    const child =
      (await db
        .selectFrom('artifacts')
        .select('path')
        .where('project', '=', project)
        .where('directory', '=', directory)
        .limit(1)
        .executeTakeFirst()) ??
      (await db
        .selectFrom('artifact_directories')
        .select('path')
        .where('project', '=', project)
        .where('parent', '=', directory)
        .limit(1)
        .executeTakeFirst())
    if (child !== undefined) return
    await db
      .deleteFrom('artifact_directories')
      .where('project', '=', project)
      .where('path', '=', directory)
      .execute()
  }
}
