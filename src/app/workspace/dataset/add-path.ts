import { lstatSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { dvcManifest, type ManifestEntry } from '#kernel/dvc-manifest'
import { GyreError, invalid } from '#kernel/errors'
import { type Content, manifestOf, readContent } from '../files/read-content.ts'
import { type DvcRepository, insideRepository } from '../repository/dvc-repository.ts'
import { findOutputs } from '../repository/find-outputs.ts'
import { ignoreInGit } from '../repository/git-ignore.ts'
import type { Algorithm } from '../repository/object-cache.ts'
import { refuseClaimed } from '../repository/path-claims.ts'
import { withRepositoryLock } from '../repository/repository-lock.ts'
import { isInParts } from '../repository/select-outputs.ts'
import { storeManifest } from '../repository/store-object.ts'
import { isDirectoryDigest, type TrackedOutput } from '../repository/tracked-output.ts'
import { recordInDvcFile, type RecordedContent } from '../repository/write-dvc-file.ts'
import { linkToCache } from './link-to-cache.ts'

export interface TrackedPath {
  /** From the root. */
  path: string
  /** The `.dvc` file, from the root. */
  dvcFile: string
  /** What dvc calls the content: md5, or md5 and `.dir`. */
  digest: string
  files: number
  sizeBytes: number | undefined
  /** Whether the `.dvc` file changed. */
  changed: boolean
  /** Objects that the cache did not have before. */
  stored: number
}

export interface Work {
  signal: AbortSignal
  /** Whether the sha256 of files is wanted, besides what dvc calls them. */
  sha256?: boolean
  onProgress?: ((files: number, total: number, bytes: number) => void) | undefined
}

/**
 * Puts files and directories under DVC, as `dvc add` does: their content in the cache, a `.dvc` file
 * and a line in `.gitignore` beside each. A path inside of what is tracked changes that part only.
 * Errors: `not_found`, `invalid`, `conflict`; what was added before the error stays added.
 */
export async function addPaths(
  repository: DvcRepository,
  places: readonly string[],
  work: Work,
): Promise<TrackedPath[]> {
  return withRepositoryLock(repository, async () => {
    await refuseClaimed(repository, places)
    const outputs = await findOutputs(repository)
    const paths = places.map((place) => insideRepository(repository, place))
    for (const path of paths) checkPath(repository, outputs, path)
    const added: TrackedPath[] = []
    for (const path of paths) added.push(await addOne(repository, outputs, path, work))
    return added
  })
}

/** Refuses what dvc refuses, before anything is done. */
function checkPath({ root }: DvcRepository, outputs: readonly TrackedOutput[], path: string): void {
  const below = outputs.find((output) => output.path.startsWith(`${path}/`))
  if (below !== undefined) {
    throw invalid(
      `${path} cannot be added: ${below.path} inside of it is tracked by ${below.file}. Remove that file first.`,
    )
  }
  if (path.endsWith('.dvc')) throw invalid(`${path} is a .dvc file. Name the data that it tracks.`)
  const linked = ancestors(path).find((above) =>
    lstatSync(join(root, above), { throwIfNoEntry: false })?.isSymbolicLink(),
  )
  const isLinkToDirectory =
    lstatSync(join(root, path), { throwIfNoEntry: false })?.isSymbolicLink() === true &&
    statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() === true
  if (linked !== undefined || isLinkToDirectory) {
    throw invalid(
      `${linked ?? path} is a link to a directory, and data is not tracked through links. Add what it leads to.`,
    )
  }
}

function ancestors(path: string): string[] {
  const above: string[] = []
  for (let at = dirname(path); at !== '.'; at = dirname(at)) above.push(at)
  return above
}

async function addOne(
  repository: DvcRepository,
  outputs: readonly TrackedOutput[],
  path: string,
  work: Work,
): Promise<TrackedPath> {
  const output = outputs.find((each) => each.path === path || path.startsWith(`${each.path}/`))
  if (output !== undefined) refuseForeign(output)
  if (output !== undefined && output.path !== path) {
    return addPart(repository, output, path.slice(output.path.length + 1), work)
  }
  const algorithm = await algorithmFor(repository, output, work)
  const content = await readContent({ ...work, repository, path, algorithm, store: true })
  if (content === undefined) throw nothingAt(path)
  if (content.scanned.kind === 'directory') {
    await storeManifest(repository.cache, manifestOf(content.files), algorithm)
  }
  const dvcFile = output?.file ?? `${path}.dvc`
  const recorded = recordedOf(content, algorithm)
  const changed = await record(repository, dvcFile, path, recorded)
  await linkToCache(repository, path, content, algorithm, work)
  return trackedPath(path, dvcFile, recorded, content.files.length, changed, content.stored)
}

function refuseForeign({ path, file, stage, source, cloud }: TrackedOutput): void {
  if (stage !== undefined) {
    throw invalid(
      `${path} is an output of the stage "${stage}" in ${file}. Run the pipeline instead: gyre repro`,
    )
  }
  if (cloud) throw invalid(`${path} is kept by a cloud's own versioning: it can only be read here.`)
  if (source !== undefined) {
    throw invalid(`${path} was imported, see ${file}. Import it again, or remove that file first.`)
  }
}

/** Content that DVC 2 hashed keeps its hash until it changes. */
async function algorithmFor(
  repository: DvcRepository,
  output: TrackedOutput | undefined,
  work: Work,
): Promise<Algorithm> {
  if (output?.algorithm !== 'md5-dos2unix') return 'md5'
  const { path, algorithm } = output
  const content = await readContent({ ...work, repository, path, algorithm, store: false })
  return content?.digest === output.digest ? algorithm : 'md5'
}

function recordedOf(content: Content, algorithm: Algorithm): RecordedContent {
  return {
    digest: content.digest,
    sizeBytes: content.sizeBytes,
    fileCount: content.scanned.kind === 'directory' ? content.files.length : undefined,
    isExecutable: content.scanned.isExecutable,
    algorithm,
  }
}

async function record(
  repository: DvcRepository,
  dvcFile: string,
  path: string,
  content: RecordedContent,
): Promise<boolean> {
  const ignoreFile = await ignoreInGit(repository, path)
  const changed = recordInDvcFile(repository.root, dvcFile, path, content)
  if (repository.config.autostage && repository.git !== undefined) {
    const file = join(repository.root, dvcFile)
    await repository.git.stage(ignoreFile === undefined ? [file] : [file, ignoreFile])
  }
  return changed
}

/** Replaces a part of a tracked directory; a part that is gone is taken out of it. */
async function addPart(
  repository: DvcRepository,
  output: TrackedOutput,
  part: string,
  work: Work,
): Promise<TrackedPath> {
  const { path, algorithm, file } = output
  if (output.digest === undefined || !isDirectoryDigest(output.digest)) {
    throw invalid(`${path} is tracked as a file, so ${path}/${part} cannot be a part of it.`)
  }
  const before = repository.cache.manifest(output.digest, algorithm)
  const outside = before.filter((entry) => !isInParts(entry.path, [part]))
  const request = { ...work, repository, path: `${path}/${part}`, algorithm, store: true }
  const content = await readContent(request)
  if (content === undefined && outside.length === before.length) throw nothingAt(request.path)
  const entries = [...outside, ...entriesOf(content, part)]
  const digest = await storeManifest(repository.cache, dvcManifest(entries), algorithm)
  const appended = outside.length === before.length && content !== undefined
  const recorded = {
    digest,
    sizeBytes: sizeAfter(output, digest, appended ? content.sizeBytes : undefined),
    fileCount: entries.length,
    isExecutable: false,
    algorithm,
  }
  const changed = await record(repository, file, path, recorded)
  return trackedPath(path, file, recorded, entries.length, changed, content?.stored ?? 0)
}

function entriesOf(content: Content | undefined, part: string): ManifestEntry[] {
  if (content === undefined) return []
  const { files } = content
  return files.paths.map((inside, row) => ({
    md5: files.digest(row),
    path: inside === '' ? part : `${part}/${inside}`,
  }))
}

/** What dvc knows of the size without looking at the rest of the directory. */
function sizeAfter(
  output: TrackedOutput,
  digest: string,
  appendedBytes: number | undefined,
): number | undefined {
  const { sizeBytes } = output
  if (sizeBytes !== undefined && sizeBytes > 0 && appendedBytes !== undefined) {
    return sizeBytes + appendedBytes
  }
  return digest === output.digest ? sizeBytes : undefined
}

function trackedPath(
  path: string,
  dvcFile: string,
  { digest, sizeBytes }: RecordedContent,
  files: number,
  changed: boolean,
  stored: number,
): TrackedPath {
  return { path, dvcFile, digest, files, sizeBytes, changed, stored }
}

function nothingAt(path: string): GyreError {
  return new GyreError({ code: 'not_found', public: `There is nothing at ${path} to add.` })
}
