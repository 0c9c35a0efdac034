import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { listOf, objectOf, textOf } from '../json-parts.ts'
import type { MlflowWire } from './mlflow-wire.ts'
import type { SourceFile, SourceFiles } from './source.ts'

/** The path after the scheme and the server of an address that a server's proxy stands behind. */
const proxied =
  /^(?:mlflow-artifacts:(?:\/\/[^/]*)?|https?:\/\/[^/]+\/.*?mlflow-artifacts\/artifacts)\/*(.*)$/

export interface ArtifactPlaces {
  /** Relative addresses are below it. */
  directory: string
  /** What the server's `--artifacts-destination` is, as a directory of this machine. */
  destination: string | undefined
  /** A running server whose proxy can be asked. */
  wire: MlflowWire | undefined
}

/** The files under an artifact address, from this machine's disk or through the source's proxy. */
export async function filesUnder(places: ArtifactPlaces, address: string): Promise<SourceFiles> {
  const behind = proxied.exec(address)?.[1]
  if (behind !== undefined) return behindProxy(places, behind)
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(address)?.[1]
  if (scheme === undefined) return onDisk(resolve(places.directory, address))
  if (scheme === 'file') return onDisk(pathOf(places.directory, address))
  return { problem: `stays in ${address}: clients read it from there` }
}

function pathOf(directory: string, address: string): string {
  return address.startsWith('file:/')
    ? fileURLToPath(address.replace(/^file:\/*/, 'file:///'))
    : resolve(directory, address.slice('file:'.length))
}

async function behindProxy(
  { destination, wire }: ArtifactPlaces,
  path: string,
): Promise<SourceFiles> {
  if (destination !== undefined) {
    const place = resolve(destination, decodeURIComponent(path))
    if (place === resolve(destination) || place.startsWith(resolve(destination) + sep)) {
      return onDisk(place)
    }
    return { problem: `the path ${path} leaves ${destination}` }
  }
  if (wire !== undefined) return { files: throughProxy(wire, path, '') }
  return {
    problem:
      "is behind the server's proxy: name its --artifacts-destination with --artifacts DIRECTORY, or import from the running server",
  }
}

async function onDisk(root: string): Promise<SourceFiles> {
  const found = await stat(root).catch(() => undefined)
  // A run that logged no file has no directory.
  if (found === undefined) return { files: nothing() }
  return { files: walk(root) }
}

// oxlint-disable-next-line require-yield -- it gives nothing
async function* nothing(): AsyncGenerator<SourceFile> {}

async function* walk(root: string): AsyncGenerator<SourceFile> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    yield {
      path: relative(root, path).split(sep).join('/'),
      sizeBytes: (await stat(path)).size,
      read: () => createReadStream(path),
    }
  }
}

async function* throughProxy(
  wire: MlflowWire,
  root: string,
  below: string,
): AsyncGenerator<SourceFile> {
  const api = 'api/2.0/mlflow-artifacts/artifacts'
  const path = below === '' ? root : `${root}/${below}`
  const listed = await wire.get(api, { path })
  for (const item of listOf(listed['files'])) {
    const { path: name, is_dir: isDirectory, file_size: size } = objectOf(item)
    const under = below === '' ? textOf(name) : `${below}/${textOf(name)}`
    if (isDirectory === true) yield* throughProxy(wire, root, under)
    else {
      const target = `${root}/${under}`.split('/').map(encodeURIComponent).join('/')
      yield { path: under, sizeBytes: Number(size ?? 0), read: () => wire.read(`${api}/${target}`) }
    }
  }
}
