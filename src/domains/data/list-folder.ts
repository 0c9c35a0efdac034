import { notFound } from '#kernel/errors'
import { offsetOf, offsetToken } from '#kernel/page-token'
import { compareCodePoints } from '#kernel/dvc-manifest'
import { authorize, type Context } from '#domains/access/index'
import type { DataFile } from './dataset.ts'
import { filesOf } from './read-files.ts'
import type { VersionReference } from './read-versions.ts'

/** What lies directly in a folder of a version: a file, or a folder with all that is below it. */
export interface FolderEntry {
  path: string
  isFolder: boolean
  files: number
  sizeBytes: number
  /** Of a file. */
  sha256: string | null
  md5: string | null
}

export interface Folder {
  items: FolderEntry[]
  /** Entries of the folder, on whichever page. */
  entries: number
  /** All files below the folder, at any depth. */
  files: number
  sizeBytes: number
  nextPageToken?: string
}

/**
 * One folder of a version, folders first, a page at a time; the root is the empty path. Errors:
 * `not_found`; `conflict` for a version whose files were given up.
 */
export async function listFolder(
  ctx: Context,
  input: VersionReference & { folder: string; limit: number; pageToken?: string | undefined },
): Promise<Folder> {
  authorize(ctx, 'viewer', input.project)
  const { folder, limit } = input
  const files = await filesOf(ctx, input)
  const below = folder === '' ? files : files.filter(({ path }) => path.startsWith(`${folder}/`))
  if (below.length === 0) {
    throw notFound('folder', folder, `Version ${input.version} of "${input.dataset}" has others.`)
  }
  const entries = entriesOf(below, folder === '' ? 0 : folder.length + 1)
  const start = offsetOf(input.pageToken)
  const end = start + limit
  return {
    items: entries.slice(start, end),
    entries: entries.length,
    files: below.length,
    sizeBytes: below.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    ...(end < entries.length ? { nextPageToken: offsetToken(end) } : {}),
  }
}

/** `depth` is how much of each path the folder is. */
function entriesOf(files: readonly DataFile[], depth: number): FolderEntry[] {
  const folders = new Map<string, FolderEntry>()
  const direct: FolderEntry[] = []
  for (const { path, sha256, md5, sizeBytes } of files) {
    const slash = path.indexOf('/', depth)
    if (slash < 0) {
      direct.push({ path, isFolder: false, files: 1, sizeBytes, sha256, md5 })
      continue
    }
    const name = path.slice(0, slash)
    const known = folders.get(name)
    if (known === undefined) {
      folders.set(name, {
        path: name,
        isFolder: true,
        files: 1,
        sizeBytes,
        sha256: null,
        md5: null,
      })
      continue
    }
    known.files++
    known.sizeBytes += sizeBytes
  }
  // Paths are sorted as wholes, in which `a.b/` comes before `a/`.
  const sorted = [...folders.values()].sort((a, b) => compareCodePoints(a.path, b.path))
  return [...sorted, ...direct]
}
