import { join } from 'node:path'
import { invalid } from '#kernel/errors'
import { isMap, pythonText, type YamlMap, type YamlValue } from '#domains/pipelines/yaml-value'
import type { Algorithm } from './object-cache.ts'

/** A path that DVC tracks, and what it is to hold. */
export interface TrackedOutput {
  /** From the repository's root, with `/`. */
  path: string
  /** The `.dvc` file or `dvc.yaml` that says so, from the root. */
  file: string
  /** The stage of dvc.yaml that makes it. */
  stage: string | undefined
  algorithm: Algorithm
  /** md5, or md5 and `.dir`; undefined: nothing was recorded yet. */
  digest: string | undefined
  sizeBytes: number | undefined
  fileCount: number | undefined
  isExecutable: boolean
  /** Whether its content is kept in the cache. */
  cached: boolean
  /** Whether its content goes to remotes. */
  pushed: boolean
  /** The remote that alone has it. */
  remote: string | undefined
  /** Files that a cloud's own versioning keeps; such an output is only read. */
  cloud: boolean
  /** Where it was imported from, as the file has it. */
  source: YamlMap | undefined
}

export function isDirectoryDigest(digest: string): boolean {
  return digest.endsWith('.dir')
}

/** The outputs of a `.dvc` file. Errors: `invalid` names the file. */
export function outputsOfDvcFile(root: YamlValue, file: string): TrackedOutput[] {
  if (!isMap(root)) throw invalid(`${file} is not a .dvc file: it must hold a map.`)
  const outs = root.get('outs') ?? []
  if (!Array.isArray(outs)) throw invalid(`${file}: outs must be a list.`)
  const workDirectory = root.get('wdir')
  const deps = root.get('deps')
  const [source] = Array.isArray(deps) ? deps : []
  const directory = join(
    file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '',
    typeof workDirectory === 'string' ? workDirectory : '',
  )
  return outs.map((out) => ({
    ...outputOfEntry(out, file),
    path: placeOf(directory, out, file),
    stage: undefined,
    source: isMap(source) ? source : undefined,
  }))
}

function placeOf(directory: string, out: YamlValue, file: string): string {
  const path = isMap(out) ? out.get('path') : undefined
  if (typeof path !== 'string' || path === '') throw invalid(`${file}: each output needs a path.`)
  if (path.includes('://')) return path
  const inside = join(directory, path)
  if (path.startsWith('/') || inside === '..' || inside.startsWith('../')) {
    throw invalid(`${file} tracks ${path}, which lies outside of the repository.`)
  }
  return inside.replace(/\/$/, '')
}

/** What an entry of `outs`, here or in dvc.lock, says of a content. */
export function outputOfEntry(
  out: YamlValue,
  file: string,
): Omit<TrackedOutput, 'path' | 'stage' | 'source'> {
  if (!isMap(out)) throw invalid(`${file}: each output must be a map.`)
  const size = out.get('size')
  const count = out.get('nfiles')
  const files = out.get('files')
  const remote = out.get('remote')
  return {
    file,
    algorithm: out.has('hash') ? 'md5' : 'md5-dos2unix',
    digest: digestOf(out, file),
    sizeBytes: size === undefined || size === null ? undefined : Number(size),
    fileCount: count === undefined || count === null ? undefined : Number(count),
    isExecutable: out.get('isexec') === true,
    cached: out.get('cache') !== false,
    pushed: out.get('push') !== false,
    remote: typeof remote === 'string' ? remote : undefined,
    cloud: files !== undefined || out.has('cloud') || out.has('version_id'),
  }
}

function digestOf(out: YamlMap, file: string): string | undefined {
  const md5 = out.get('md5')
  if (md5 === undefined || md5 === null || md5 === '') return undefined
  const text = pythonText(md5).toLowerCase()
  if (/^[0-9a-f]{32}(?:\.dir)?$/.test(text)) return text
  throw invalid(`${file}: ${JSON.stringify(text.slice(0, 100))} is no md5.`)
}
