import type { Context } from '#domains/access/index'
import {
  getVersion,
  type ModelVersion,
  openVersionFile,
  type VersionFile,
} from '#domains/models/index'
import { mlflowError } from './errors.ts'
import { mlmodelOf } from './mlmodel.ts'

/** The branch of the artifact proxy's tree in which registered versions have their files. */
const branch = 'registered-versions'

/**
 * Where a client of MLflow gets a version's files: where they were logged, or, of a version that was
 * registered file by file, in this branch of the artifact proxy. Empty: this server has none.
 */
export function downloadAddress(version: ModelVersion): string {
  if (version.storageLocation !== null) return version.storageLocation
  if (version.files.length === 0) return ''
  return `mlflow-artifacts:/${branch}/${inPath(version.model)}/${version.version}`
}

/** Names go into addresses as they are where no part of the way changes them. */
function inPath(model: string): string {
  return /^[\w.-]+$/.test(model) ? model : `~${Buffer.from(model).toString('base64url')}`
}

function fromPath(part: string): string {
  return part.startsWith('~') ? Buffer.from(part.slice(1), 'base64url').toString('utf8') : part
}

export interface VersionPlace {
  model: string
  version: number
  /** Below the version; empty for its root. */
  path: string
}

/** What of a version a path of the proxy means, if it is of this branch. */
export function versionPlace(path: string): VersionPlace | undefined {
  const [first, model = '', version = '', ...rest] = path.split('/')
  if (first !== branch || !/^\d{1,15}$/.test(version)) return undefined
  return { model: fromPath(model), version: Number(version), path: rest.join('/') }
}

interface Listed {
  path: string
  isDirectory: boolean
  sizeBytes: number | null
}

/** What is directly in a directory of a version. Errors: `not_found`. */
export async function listVersionTree(
  ctx: Context,
  project: string,
  { path, ...at }: VersionPlace,
): Promise<Listed[]> {
  const version = await getVersion(ctx, { project, ...at })
  const prefix = path === '' ? '' : `${path}/`
  const found = new Map<string, Listed>()
  const own = mlmodelOf(version)
  const files: Pick<VersionFile, 'path' | 'sizeBytes'>[] =
    own === undefined
      ? version.files
      : [...version.files, { path: 'MLmodel', sizeBytes: own.length }]
  for (const file of files) {
    if (!file.path.startsWith(prefix)) continue
    const [name = '', ...below] = file.path.slice(prefix.length).split('/')
    const isDirectory = below.length > 0
    found.set(name, {
      path: prefix + name,
      isDirectory,
      sizeBytes: isDirectory ? null : file.sizeBytes,
    })
  }
  return [...found.values()]
}

/** A file of a version. Errors: `not_found`. */
export async function openVersionTree(
  ctx: Context,
  project: string,
  { path, ...at }: VersionPlace,
) {
  const version = await getVersion(ctx, { project, ...at })
  const own = path === 'MLmodel' ? mlmodelOf(version) : undefined
  if (own === undefined) return openVersionFile(ctx, { project, ...at, path })
  const content = ({ start, end }: { start: number; end: number }) => once(own.subarray(start, end))
  return { sha256: ctx.digest(own), sizeBytes: own.length, content }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Versions do not change. */
export function refuseChange(path: string): void {
  if (versionPlace(path) === undefined) return
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    'The files of a registered version do not change. Register another version.',
  )
}
