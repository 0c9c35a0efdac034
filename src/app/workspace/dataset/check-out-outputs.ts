import { lstatSync, mkdirSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ManifestEntry } from '#kernel/dvc-manifest'
import { GyreError } from '#kernel/errors'
import { checkOutRows, draftsBeside, type NotCheckedOut } from '../files/check-out-rows.ts'
import { chooseLink } from '../files/choose-link.ts'
import { FileTable } from '../files/file-table.ts'
import { KnownFiles } from '../files/known-files.ts'
import { type Content, placeOf, readContent } from '../files/read-content.ts'
import type { DvcRepository } from '../repository/dvc-repository.ts'
import { refuseClaimed } from '../repository/path-claims.ts'
import { withRepositoryLock } from '../repository/repository-lock.ts'
import { isInParts, type SelectedOutput } from '../repository/select-outputs.ts'
import { isDirectoryDigest, type TrackedOutput } from '../repository/tracked-output.ts'
import type { Work } from './add-path.ts'
import { recordedEntries } from './status-of.ts'

export interface CheckedOut {
  path: string
  state: 'added' | 'modified' | 'unchanged' | 'not recorded'
  /** Files that were written, and files that were removed. */
  written: number
  removed: number
}

export interface CheckOutWork extends Work {
  /** Whether changes of the user may be lost. */
  force: boolean
}

/**
 * Makes outputs what their `.dvc` files and dvc.lock say, from the cache, as `dvc checkout` does.
 * Files that are as they should be are not touched. Errors: `not_found` for objects that the cache
 * lacks and `conflict` for files of the user that are nowhere else; nothing of that output is touched
 * then.
 */
export async function checkOutOutputs(
  repository: DvcRepository,
  selected: readonly SelectedOutput[],
  work: CheckOutWork,
): Promise<CheckedOut[]> {
  return withRepositoryLock(repository, async () => {
    const meant = selected.filter(({ output }) => output.cached && !output.cloud)
    await refuseClaimed(
      repository,
      meant.map(({ output }) => join(repository.root, output.path)),
    )
    const done: CheckedOut[] = []
    for (const each of meant) done.push(await checkOutOutput(repository, each, work))
    return done
  })
}

interface Plan {
  content: Content | undefined
  /** What is to be there afterwards, all of it; signatures of files that stay. */
  wanted: FileTable
  /** Rows of `wanted` to bring from the cache. */
  rows: number[]
  /** Files that have to go. */
  removals: string[]
}

/** What has to be known of an output to check it out, all of it or some parts. */
interface WantedOutput {
  output: Pick<TrackedOutput, 'path' | 'algorithm' | 'digest' | 'isExecutable'>
  parts: readonly string[] | undefined
}

/** The same for one output, with the repository locked by whoever calls. */
export async function checkOutOutput(
  repository: DvcRepository,
  selected: WantedOutput,
  work: CheckOutWork,
): Promise<CheckedOut> {
  const { output, parts } = selected
  const { path, algorithm, digest } = output
  if (digest === undefined) return { path, state: 'not recorded', written: 0, removed: 0 }
  const content = await readContent({ ...work, repository, path, algorithm, store: false })
  const plan = planOf(repository, selected, content)
  refuseMissing(repository, selected, plan)
  if (!work.force) refuseLosing(repository, selected, plan)
  const place = join(repository.root, path)
  if (content !== undefined && plan.rows.length === 0 && plan.removals.length === 0) {
    return { path, state: 'unchanged', written: 0, removed: 0 }
  }
  const failed = await bring(repository, selected, plan, place, work)
  if (failed.length > 0) throw damaged(path, failed)
  const whole = parts === undefined && isDirectoryDigest(digest) ? digest : undefined
  const known = { algorithm, files: plan.wanted, digest: whole }
  new KnownFiles(repository.temporary).write(path, known, Date.now())
  const state = content === undefined ? 'added' : 'modified'
  return { path, state, written: plan.rows.length, removed: plan.removals.length }
}

function planOf(
  repository: DvcRepository,
  { output, parts }: WantedOutput,
  content: Content | undefined,
): Plan {
  const entries = recordedEntries(repository, output) ?? missingManifest(output.digest ?? '')
  const there = new Map(content?.files.paths.map((path, row) => [path, row]))
  const plan: Plan = { content, wanted: new FileTable(), rows: [], removals: [] }
  for (const entry of entries) {
    const row = there.get(entry.path)
    const isMeant = isInParts(entry.path, parts)
    if (!isMeant && row === undefined) continue
    there.delete(entry.path)
    if (content === undefined || row === undefined) addWanted(plan, entry)
    else if (!isMeant || content.files.digest(row) === entry.md5) keep(plan, content, row)
    else addWanted(plan, entry)
  }
  for (const [path, row] of there) {
    if (isInParts(path, parts)) plan.removals.push(path)
    else if (content !== undefined) keep(plan, content, row)
  }
  return plan
}

function missingManifest(digest: string): never {
  throw new GyreError({
    code: 'not_found',
    public: `The cache lacks the manifest ${digest}. Get it with: gyre data fetch`,
  })
}

function addWanted({ wanted, rows }: Plan, { md5, path }: ManifestEntry): void {
  rows.push(wanted.length)
  wanted.add(path, { size: 0, mtimeMs: 0, ctimeMs: 0, ino: 0 })
  wanted.setDigest(wanted.length - 1, md5)
}

function keep({ wanted }: Plan, { files }: Content, row: number): void {
  wanted.add(files.paths[row] ?? '', {
    size: files.sizes[row] ?? 0,
    mtimeMs: files.modifiedAt[row] ?? 0,
    ctimeMs: files.changedAt[row] ?? 0,
    ino: files.inodes[row] ?? 0,
  })
  wanted.setDigest(wanted.length - 1, files.digest(row))
}

function refuseMissing(
  { cache }: DvcRepository,
  { output }: WantedOutput,
  { wanted, rows }: Plan,
): void {
  const missing = new Set(
    cache.missing(
      rows.map((row) => wanted.digest(row)),
      output.algorithm,
    ),
  )
  if (missing.size === 0) return
  const first = rows.find((row) => missing.has(wanted.digest(row))) ?? 0
  throw new GyreError({
    code: 'not_found',
    public: `The cache lacks ${missing.size} of ${rows.length} objects that ${output.path} needs, first that of ${wanted.paths[first] === '' ? output.path : (wanted.paths[first] ?? '')}. Get them with: gyre data pull ${output.path}`,
    details: rows
      .filter((row) => missing.has(wanted.digest(row)))
      .slice(0, 1000)
      .map((row) => ({ path: wanted.paths[row], message: wanted.digest(row) })),
  })
}

/** What is to be replaced or removed must be in the cache, or it would be gone for good. */
function refuseLosing(
  { cache }: DvcRepository,
  { output }: WantedOutput,
  { content, wanted, rows, removals }: Plan,
): void {
  if (content === undefined) return
  const { files } = content
  const given = new Set([...rows.map((row) => wanted.paths[row] ?? ''), ...removals])
  const touched = files.paths.flatMap((path, row) => (given.has(path) ? [row] : []))
  const unsaved = new Set(
    cache.missing(
      touched.map((row) => files.digest(row)),
      output.algorithm,
    ),
  )
  const paths = touched
    .filter((row) => unsaved.has(files.digest(row)))
    .map((row) => placeOf(output.path, files.paths[row] ?? ''))
  if (paths.length === 0) return
  throw new GyreError({
    code: 'conflict',
    public: `${paths.length === 1 ? 'A file has' : `${paths.length} files have`} changes that are nowhere else, first ${paths[0] ?? ''}. Keep them with gyre data add ${output.path}, or give them up with --force.`,
    details: paths.slice(0, 1000),
  })
}

async function bring(
  repository: DvcRepository,
  { output }: WantedOutput,
  { content, wanted, rows, removals }: Plan,
  place: string,
  work: CheckOutWork,
): Promise<NotCheckedOut[]> {
  clearWay(place, content, isDirectoryDigest(output.digest ?? ''), removals)
  const isNew = lstatSync(place, { throwIfNoEntry: false }) === undefined
  const link = rows.length === 0 ? 'copy' : chooseLink(repository, place)
  const request = { repository, algorithm: output.algorithm, files: wanted, rows, link, ...work }
  const isExecutable = output.isExecutable && !isDirectoryDigest(output.digest ?? '')
  if (!isNew) return checkOutRows({ ...request, place, isExecutable, isNew })
  // All of it appears at once, under its name, or nothing does.
  const drafts = draftsBeside(repository, place)
  const draft = join(drafts, 'whole')
  try {
    if (isDirectoryDigest(output.digest ?? '')) mkdirSync(draft)
    const failed = await checkOutRows({ ...request, place: draft, isExecutable, isNew })
    if (failed.length > 0) return failed
    mkdirSync(dirname(place), { recursive: true })
    renameSync(draft, place)
    if (!isDirectoryDigest(output.digest ?? '')) wanted.resign(0, lstatSync(place))
    return []
  } finally {
    rmSync(drafts, { recursive: true, force: true })
  }
}

/** Removes what has to go, and directories that are empty then. */
function clearWay(
  place: string,
  content: Content | undefined,
  wantsDirectory: boolean,
  removals: readonly string[],
): void {
  if (content === undefined) return rmSync(place, { force: true })
  const emptied = new Set<string>()
  for (const path of removals) {
    rmSync(placeOf(place, path), { force: true })
    if (path !== '') emptied.add(dirname(placeOf(place, path)))
  }
  for (const directory of [...emptied].sort((a, b) => b.length - a.length)) {
    removeEmpty(directory, place)
  }
  const isDirectory = lstatSync(place, { throwIfNoEntry: false })?.isDirectory() === true
  if (isDirectory && !wantsDirectory) removeEmpty(place, dirname(place))
}

/** Removes a directory and those above it, up to `top`, while they are empty. */
function removeEmpty(directory: string, top: string): void {
  for (let at = directory; at !== top && at.startsWith(top); at = dirname(at)) {
    try {
      rmdirSync(at)
    } catch (thrown) {
      if (['ENOTEMPTY', 'ENOENT', 'EEXIST'].includes((thrown as NodeJS.ErrnoException).code ?? ''))
        return
      throw thrown
    }
  }
}

function damaged(path: string, failed: readonly NotCheckedOut[]): GyreError {
  const [first] = failed
  return new GyreError({
    code: 'conflict',
    public: `${failed.length === 1 ? 'An object' : `${failed.length} objects`} in the cache ${first?.reason === 'gone' ? 'went away' : 'is not what its name says'}, first that of ${placeOf(path, first?.path ?? '')}. Find and drop bad ones with gyre data fsck, then gyre data pull ${path}.`,
    details: failed
      .slice(0, 1000)
      .map(({ path: inside, reason }) => ({ path: inside, message: reason })),
  })
}
