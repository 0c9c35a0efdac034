import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { LinkType } from '../repository/config.ts'
import type { DvcRepository } from '../repository/dvc-repository.ts'
import type { Algorithm } from '../repository/object-cache.ts'
import type { FileTable } from './file-table.ts'
import type { CheckOutTask, FileTaskResult } from './file-tasks.ts'
import { FileWorkers } from './file-workers.ts'
import { inBatches } from './in-batches.ts'
import { placeOf } from './read-content.ts'

export interface RowsToCheckOut {
  repository: DvcRepository
  algorithm: Algorithm
  /** Absolute. */
  place: string
  /** Its paths and digests are what is wanted; signatures are written into it. */
  files: FileTable
  rows: readonly number[]
  link: LinkType
  isExecutable: boolean
  /** Whether `place` is new and nobody else's, so that files can be written right where they belong. */
  isNew: boolean
  signal: AbortSignal
  onProgress?: ((files: number, total: number, bytes: number) => void) | undefined
}

export interface NotCheckedOut {
  path: string
  reason: 'gone' | 'changed'
}

/** Brings files from the cache; each is old or new, never half of one. Gives those that could not be. */
export async function checkOutRows(request: RowsToCheckOut): Promise<NotCheckedOut[]> {
  const { files, rows, place } = request
  if (rows.length === 0) return []
  const workers = FileWorkers.open(rows.length, files.totalBytes())
  const drafts = request.isNew ? undefined : draftsBeside(request.repository, place)
  const failed: NotCheckedOut[] = []
  let done = 0
  let bytes = 0
  makeDirectories(place, files, rows)
  try {
    await inBatches(workers, {
      rows,
      sizeOf: (row) => files.sizes[row] ?? 0,
      taskOf: (batch) => taskOf(request, batch, drafts),
      signal: request.signal,
      onResult(batch, result) {
        failed.push(...takeOver(files, batch, result))
        done += batch.length
        bytes += result.bytes
        request.onProgress?.(done, rows.length, bytes)
      },
    })
  } finally {
    await workers.close()
    if (drafts !== undefined) rmSync(drafts, { recursive: true, force: true })
  }
  return failed
}

/** A directory on the file system of `place` that nothing tracks. */
export function draftsBeside({ temporary }: DvcRepository, place: string): string {
  let above = dirname(place)
  while (statSync(above, { throwIfNoEntry: false }) === undefined) above = dirname(above)
  const isSameSystem = statSync(temporary).dev === statSync(above).dev
  const name = `gyre-drafts-${process.pid}-`
  return mkdtempSync(isSameSystem ? join(temporary, name) : join(above, `.${name}`))
}

function makeDirectories(place: string, files: FileTable, rows: readonly number[]): void {
  let last = ''
  for (const row of rows) {
    const directory = dirname(placeOf(place, files.paths[row] ?? ''))
    if (directory !== last) mkdirSync(directory, { recursive: true })
    last = directory
  }
}

function taskOf(
  { repository, algorithm, place, files, link, isExecutable }: RowsToCheckOut,
  rows: readonly number[],
  drafts: string | undefined,
): CheckOutTask {
  const digests = new Uint8Array(rows.length * 16)
  rows.forEach((row, index) => digests.set(Buffer.from(files.digest(row), 'hex'), index * 16))
  return {
    kind: 'check out',
    algorithm,
    digests,
    objects: repository.cache.root(algorithm),
    places: rows.map((row) => placeOf(place, files.paths[row] ?? '')),
    drafts,
    link,
    isExecutable,
  }
}

function takeOver(
  files: FileTable,
  rows: readonly number[],
  { signatures, failures }: FileTaskResult,
): NotCheckedOut[] {
  rows.forEach((row, index) => {
    const [size = 0, mtimeMs = 0, ctimeMs = 0, ino = 0] = signatures.subarray(index * 4)
    if (ino !== 0) files.resign(row, { size, mtimeMs, ctimeMs, ino })
  })
  return failures.map(({ index, reason }) => ({
    path: files.paths[rows[index] ?? 0] ?? '',
    reason,
  }))
}
