import type { ExpressionBuilder, ExpressionWrapper, SqlBool } from 'kysely'
import { notFound } from '#kernel/errors'
import { authorize, type Context } from '#domains/access/index'
import { type DataTables, readData } from '../store.ts'
import type { Remote } from './remote.ts'

/** What is at a place of a remote, as a file system would show it. */
export interface RemoteEntry {
  path: string
  isDirectory: boolean
  sizeBytes: number
  md5: string
  createdAt: number
}

/** Rows of one page of a listing. */
const rowsPerPage = 5000

type Expression = ExpressionBuilder<DataTables, 'dvc_objects'>

/** Selects what lies at a path or below it; everything for the empty path. */
export function atOrBelow(path: string) {
  return (eb: Expression): ExpressionWrapper<DataTables, 'dvc_objects', SqlBool> =>
    eb.or([eb('path', '=', path), eb.and(bounds(eb, path))])
}

function bounds(eb: Expression, path: string) {
  // `0` follows `/`.
  return path === '' ? [] : [eb('path', '>=', `${path}/`), eb('path', '<', `${path}0`)]
}

/**
 * What is directly below a path of the remote, from the index of what was pushed, in the order of
 * names. Nothing for a path with nothing below it.
 */
export async function* listEntries(
  ctx: Context,
  { remote, path }: { remote: Remote; path: string },
): AsyncGenerator<RemoteEntry> {
  authorize(ctx, 'viewer', remote.project)
  const prefix = path === '' ? '' : `${path}/`
  for (let after = prefix; ;) {
    const rows = await readData(ctx)
      .selectFrom('dvc_objects')
      .select(['path', 'md5', 'size_bytes', 'missing', 'created_at'])
      .where('repo', '=', remote.repo)
      .where('path', '>', after)
      .where((eb) => eb.and(bounds(eb, path)))
      .orderBy('path')
      .limit(rowsPerPage)
      .execute()
    for (const row of rows) {
      if (row.path <= after) continue
      const slash = row.path.indexOf('/', prefix.length)
      if (slash < 0) {
        after = row.path
        if (row.missing === 0) yield entryOf(row)
        continue
      }
      const directory = row.path.slice(0, slash)
      // Past everything in it, which one more query does.
      after = `${directory}0`
      yield { ...entryOf(row), path: directory, isDirectory: true, sizeBytes: 0, md5: '' }
      break
    }
    if (rows.length === 0) return
  }
}

function entryOf(row: {
  path: string
  md5: string
  size_bytes: number
  created_at: number
}): RemoteEntry {
  return {
    path: row.path,
    isDirectory: false,
    sizeBytes: row.size_bytes,
    md5: row.md5,
    createdAt: row.created_at,
  }
}

/** What is at a path of the remote itself: an object, or a directory when there is one below it. */
export async function statEntry(
  ctx: Context,
  { remote, path }: { remote: Remote; path: string },
): Promise<RemoteEntry> {
  authorize(ctx, 'viewer', remote.project)
  const row = await readData(ctx)
    .selectFrom('dvc_objects')
    .select(['path', 'md5', 'size_bytes', 'missing', 'created_at'])
    .where('repo', '=', remote.repo)
    .where(atOrBelow(path))
    .orderBy('path')
    .limit(1)
    .executeTakeFirst()
  if (row?.path === path && row.missing === 0) return entryOf(row)
  if (path === '') return root
  if (row === undefined || row.path === path) throw notFound('object', path)
  return { ...entryOf(row), path, isDirectory: true, sizeBytes: 0, md5: '' }
}

const root: RemoteEntry = { path: '', isDirectory: true, sizeBytes: 0, md5: '', createdAt: 0 }
