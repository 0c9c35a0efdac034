import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { compareCodePoints, pythonJson } from '#kernel/dvc-manifest'
import { GyreError } from '#kernel/errors'
import { isMap, type YamlMap, type YamlValue } from '#domains/pipelines/yaml-value'
import { writeYaml } from '#domains/pipelines/yaml-writer'
import { manifestOf, readContent } from '../files/read-content.ts'
import { type DvcRepository, insideRepository } from '../repository/dvc-repository.ts'
import { ignoreInGit } from '../repository/git-ignore.ts'
import { withRepositoryLock } from '../repository/repository-lock.ts'
import { storeManifest } from '../repository/store-object.ts'
import type { TrackedOutput } from '../repository/tracked-output.ts'
import { writeWholeFile } from '../repository/write-whole-file.ts'
import { type ForeignData, getForeignData } from './foreign-repository.ts'

export interface ImportedPath {
  path: string
  dvcFile: string
  digest: string
  /** Of the other repository. */
  commit: string
}

/**
 * Gets data of another repository and tracks it with where it came from, as `dvc import` does: the
 * `.dvc` file is byte for byte the same. Errors: as getForeignData.
 */
export async function importPath(
  repository: DvcRepository,
  request: Omit<ForeignData, 'cache'>,
): Promise<ImportedPath> {
  const path = insideRepository(repository, request.destination)
  const dvcFile = `${path}.dvc`
  if (existsSync(join(repository.root, dvcFile))) {
    throw new GyreError({
      code: 'already_exists',
      public: `${dvcFile} is there already. Remove it, or choose another place with --out.`,
    })
  }
  const { commit } = await getForeignData({ ...request, cache: repository.cache })
  return withRepositoryLock(repository, async () => {
    const { signal, onProgress } = request
    const work = { signal, onProgress }
    const content = await readContent({ ...work, repository, path, algorithm: 'md5', store: true })
    if (content === undefined)
      throw new GyreError({ code: 'conflict', public: `${path} went away.` })
    const isDirectory = content.scanned.kind === 'directory'
    if (isDirectory) await storeManifest(repository.cache, manifestOf(content.files), 'md5')
    const out = new Map<string, YamlValue>([
      ['md5', content.digest],
      ['size', BigInt(content.sizeBytes)],
    ])
    if (isDirectory) out.set('nfiles', BigInt(content.files.length))
    out.set('hash', 'md5').set('path', basename(path))
    await ignoreInGit(repository, path)
    writeWholeFile(join(repository.root, dvcFile), importText(sourceOf(request, commit), out))
    return { path, dvcFile, digest: content.digest, commit }
  })
}

function sourceOf({ path, source, revision }: Omit<ForeignData, 'cache'>, commit: string): YamlMap {
  const repo = new Map<string, YamlValue>([['url', source]])
  if (revision !== undefined) repo.set('rev', revision)
  repo.set('rev_lock', commit)
  return new Map<string, YamlValue>([
    ['path', path],
    ['repo', repo],
  ])
}

function importText(source: YamlMap, out: YamlMap): string {
  return writeYaml(
    new Map<string, YamlValue>([
      ['md5', stageDigest(source, out)],
      ['frozen', true],
      ['deps', [source]],
      ['outs', [out]],
    ]),
  )
}

/** What dvc calls the definition of an import: sizes do not belong to it. */
function stageDigest(source: YamlMap, out: YamlMap): string {
  const kept = new Map([...out].filter(([key]) => key !== 'size' && key !== 'nfiles'))
  const text = sortedJson(
    new Map<string, YamlValue>([
      ['deps', [source]],
      ['outs', [kept]],
    ]),
  )
  return createHash('md5').update(text).digest('hex')
}

/** As Python's `json.dumps(value, sort_keys=True)` writes texts, lists and maps. */
function sortedJson(value: YamlValue): string {
  if (isMap(value)) {
    const members = [...value]
      .sort(([a], [b]) => compareCodePoints(a, b))
      .map(([key, item]) => `${pythonJson(key)}: ${sortedJson(item)}`)
    return `{${members.join(', ')}}`
  }
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(', ')}]`
  return typeof value === 'string' ? pythonJson(value) : String(value)
}

/** Whether an output came from another repository, which is asked for it again when it is missing. */
export function isFromRepository({ source }: TrackedOutput): boolean {
  return isMap(source?.get('repo'))
}

/** Gets an imported output again, at the commit that it was imported from, into the cache. */
export async function fetchImported(
  repository: DvcRepository,
  output: TrackedOutput,
  request: Pick<ForeignData, 'tokenFor' | 'signal' | 'onProgress'>,
): Promise<void> {
  const repo = output.source?.get('repo')
  const [source, commit, path] = [
    isMap(repo) ? repo.get('url') : undefined,
    isMap(repo) ? repo.get('rev_lock') : undefined,
    output.source?.get('path'),
  ]
  if (typeof source !== 'string' || typeof commit !== 'string' || typeof path !== 'string') return
  // Not in .dvc: what lies there is ignored.
  const scratch = await mkdtemp(join(repository.root, '.gyre-import-'))
  const destination = join(scratch, basename(output.path))
  try {
    await getForeignData({
      ...request,
      source,
      revision: commit,
      path,
      destination,
      cache: repository.cache,
    })
    const inside = insideRepository(repository, destination)
    const content = await readContent({
      ...request,
      repository,
      path: inside,
      algorithm: output.algorithm,
      store: true,
    })
    if (content?.scanned.kind === 'directory') {
      await storeManifest(repository.cache, manifestOf(content.files), output.algorithm)
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
