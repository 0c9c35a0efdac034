import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { GyreError } from '#kernel/errors'
import { compareCodePoints, dvcManifestItem } from '#kernel/dvc-manifest'
import type { DvcRepository } from '../repository/dvc-repository.ts'
import type { Algorithm } from '../repository/object-cache.ts'
import { cacheTarget } from '../repository/store-object.ts'
import type { FileTable } from './file-table.ts'
import type { FileTask, FileTaskResult } from './file-tasks.ts'
import { FileWorkers } from './file-workers.ts'
import { inBatches } from './in-batches.ts'
import { KnownFiles, type KnownPath, matchKnown } from './known-files.ts'
import { type ScannedPath, scanPath } from './scan-path.ts'

const partLength = 1 << 16

/** What a path of the work tree holds. */
export interface Content {
  scanned: ScannedPath
  /** With the md5 of every file. */
  files: FileTable
  /** What DVC calls it: md5 of the file, or of the manifest with `.dir`. */
  digest: string
  sizeBytes: number
  /** Files that had to be read, the others were known. */
  read: number
  /** Objects that the cache did not have before. */
  stored: number
}

export interface ContentRequest {
  repository: DvcRepository
  /** From the root. */
  path: string
  algorithm: Algorithm
  /** Whether the files go into the cache as well. */
  store: boolean
  /** Whether their sha256 is wanted besides. */
  sha256?: boolean
  signal: AbortSignal
  onProgress?: ((files: number, total: number, bytes: number) => void) | undefined
}

/**
 * Hashes what is at a path, and keeps it in the cache if asked to. Reads only files that changed
 * since they were last hashed. Undefined: nothing is there. Errors: `invalid`, see scanPath;
 * `conflict` when files are removed meanwhile.
 */
export async function readContent(request: ContentRequest): Promise<Content | undefined> {
  const { repository, path, algorithm } = request
  const seenAt = Date.now()
  const scanned = scanPath({ root: repository.root, path, ignore: repository.ignore })
  if (scanned === undefined) return undefined
  const { files } = scanned
  const memory = new KnownFiles(repository.temporary)
  const known = memory.read(path, algorithm)
  const wanted = takeKnown(files, known, request.sha256 === true)
  const hashed = wanted.length
  if (request.store) wanted.push(...unstored(request, files, wanted))
  const stored = await hashRows(request, files, wanted)
  const digest = digestOf(scanned, hashed === 0 ? known : undefined)
  if (hashed > 0 || known?.files.length !== files.length || known.digest !== digest) {
    memory.write(path, { algorithm, files, digest }, seenAt)
  }
  return { scanned, files, digest, sizeBytes: files.totalBytes(), read: wanted.length, stored }
}

/** Takes over the digests of files that are as they were; gives the rows of the others. */
function takeKnown(files: FileTable, known: KnownPath | undefined, needsSha256: boolean): number[] {
  const changed: number[] = []
  const from = known?.files.digestBytes()
  const matches = known === undefined ? undefined : matchKnown(files, known.files)
  for (let row = 0; row < files.length; row++) {
    const match = matches?.[row] ?? -1
    if (match < 0 || from === undefined) changed.push(row)
    else {
      files.setDigests(row, from.md5, from.sha256, match)
      if (needsSha256 && files.sha256(row) === undefined) changed.push(row)
    }
  }
  return changed
}

/** Rows of files that are known but whose objects are not in the cache. */
function unstored(
  { repository, algorithm }: ContentRequest,
  files: FileTable,
  changed: readonly number[],
): number[] {
  const toRead = new Set(changed)
  const rows: number[] = []
  for (let row = 0; row < files.length; row++) if (!toRead.has(row)) rows.push(row)
  const missing = new Set(
    repository.cache.missing(
      rows.map((row) => files.digest(row)),
      algorithm,
    ),
  )
  return missing.size === 0 ? [] : rows.filter((row) => missing.has(files.digest(row)))
}

/** Gives how many objects are new in the cache. */
async function hashRows(
  request: ContentRequest,
  files: FileTable,
  rows: readonly number[],
): Promise<number> {
  if (rows.length === 0) return 0
  const bytes = rows.reduce((sum, row) => sum + (files.sizes[row] ?? 0), 0)
  const workers = FileWorkers.open(rows.length, bytes)
  const place = join(request.repository.root, request.path)
  const taskOf = taskMaker(request)
  let done = 0
  let readBytes = 0
  let stored = 0
  try {
    await inBatches(workers, {
      rows,
      sizeOf: (row) => files.sizes[row] ?? 0,
      taskOf: (batch) => taskOf(batch.map((row) => placeOf(place, files.paths[row] ?? ''))),
      signal: request.signal,
      onResult(batch, result) {
        refuseFailures(result)
        batch.forEach((row, index) => files.setDigests(row, result.digests, result.sha256, index))
        done += batch.length
        readBytes += result.bytes
        stored += result.stored
        request.onProgress?.(done, rows.length, readBytes)
      },
    })
  } finally {
    await workers.close()
  }
  return stored
}

function taskMaker({
  repository,
  algorithm,
  store,
  sha256 = false,
}: ContentRequest): (places: string[]) => FileTask {
  if (!store) return (places) => ({ kind: 'hash', algorithm, sha256, places })
  const target = cacheTarget(repository.cache, algorithm)
  return (places) => ({ kind: 'store', named: false, sha256, places, ...target })
}

function refuseFailures({ failures }: FileTaskResult): void {
  const [first] = failures
  if (first === undefined) return
  throw new GyreError({
    code: 'conflict',
    public: `${first.text}: a file went away while it was read. Let the data come to rest, then try again.`,
  })
}

/** Where a file of a table lies. */
export function placeOf(place: string, path: string): string {
  return path === '' ? place : `${place}/${path}`
}

function digestOf(scanned: ScannedPath, known: KnownPath | undefined): string {
  const { files, kind } = scanned
  if (kind === 'file') return files.digest(0)
  // Nothing changed and nothing went away: the manifest is what it was.
  if (known?.digest !== undefined && known.files.length === files.length) return known.digest
  return `${createHash('md5').update(manifestOf(files)).digest('hex')}.dir`
}

/** The manifest of a directory's files, in ASCII. Built in parts: it may have millions of items. */
export function manifestOf(files: FileTable): Buffer {
  const { paths } = files
  const rows = [...paths.keys()].sort((a, b) => compareCodePoints(paths[a] ?? '', paths[b] ?? ''))
  const parts: Buffer[] = []
  let text = '['
  for (const [index, row] of rows.entries()) {
    if (index > 0) text += ', '
    text += dvcManifestItem(files.digest(row), paths[row] ?? '')
    if (text.length < partLength) continue
    parts.push(Buffer.from(text, 'latin1'))
    text = ''
  }
  parts.push(Buffer.from(`${text}]`, 'latin1'))
  return Buffer.concat(parts)
}
