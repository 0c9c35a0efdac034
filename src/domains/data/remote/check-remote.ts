import { authorize, type Context } from '#domains/access/index'
import { readData } from '../store.ts'
import { noteDamage } from '../upkeep/scrub-store.ts'
import type { Remote } from './remote.ts'

export interface RemoteCheck {
  /** Read, and compared with their names. */
  checked: { objects: number; sizeBytes: number }
  /** Named by the remote and not in the store. */
  missing: string[]
  /** Not what they were, and nowhere whole; they are served to nobody until they are pushed again. */
  damaged: string[]
  /** Put right from the second copy. */
  repaired: string[]
  /** Where to go on; null after the last object. */
  next: string | null
}

const rowsPerPage = 500

/**
 * Reads the objects of a remote after a path, up to so many bytes, and compares them with their
 * names. Gives paths.
 */
export async function checkRemote(
  ctx: Context,
  { remote, after, mostBytes }: { remote: Remote; after: string; mostBytes: number },
): Promise<RemoteCheck> {
  authorize(ctx, 'editor', remote.project)
  const checked = { objects: 0, sizeBytes: 0 }
  const found: RemoteCheck = { checked, missing: [], damaged: [], repaired: [], next: after }
  while (found.next !== null && checked.sizeBytes < mostBytes && ctx.signal?.aborted !== true) {
    const page = within(await objectsAfter(ctx, remote, found.next), mostBytes - checked.sizeBytes)
    await checkPage(ctx, remote, page, found)
    found.next = page.at(-1)?.path ?? null
  }
  return found
}

interface ObjectRow {
  path: string
  sha256: string
  size_bytes: number
}

function objectsAfter(ctx: Context, { repo }: Remote, after: string): Promise<ObjectRow[]> {
  return readData(ctx)
    .selectFrom('dvc_objects')
    .select(['path', 'sha256', 'size_bytes'])
    .where('repo', '=', repo)
    .where('path', '>', after)
    .orderBy('path')
    .limit(rowsPerPage)
    .execute()
}

/** As many as fit, one at least. */
function within(rows: readonly ObjectRow[], mostBytes: number): ObjectRow[] {
  let sizeBytes = 0
  return rows.filter((row, index) => {
    sizeBytes += row.size_bytes
    return index === 0 || sizeBytes <= mostBytes
  })
}

async function checkPage(
  ctx: Context,
  { project }: Remote,
  page: readonly ObjectRow[],
  found: RemoteCheck,
): Promise<void> {
  const report = await ctx.blobUpkeep.verify(
    page.map(({ sha256 }) => sha256),
    ctx.signal,
  )
  await noteDamage(ctx, project, report)
  const pathsOf = (digests: readonly string[]): string[] => {
    const wanted = new Set(digests)
    return page.filter(({ sha256 }) => wanted.has(sha256)).map(({ path }) => path)
  }
  found.missing.push(...pathsOf(report.missing))
  found.damaged.push(...pathsOf(report.damaged))
  found.repaired.push(...pathsOf(report.repaired))
  found.checked.objects += page.length
  found.checked.sizeBytes += report.checked.sizeBytes
}
