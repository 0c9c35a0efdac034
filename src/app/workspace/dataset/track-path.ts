import { readFile, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, relative, resolve } from 'node:path'
import { Document, parseDocument, type YAMLMap } from 'yaml'
import { GyreError, invalid } from '#kernel/errors'
import { DvcCache } from '../reproduce/dvc-cache.ts'
import { type DescribedPath, PathStates } from '../reproduce/path-state.ts'
import { ignoreInGit, openDvcRepository } from '../reproduce/repository.ts'

export interface TrackedPath {
  /** The root of the DVC repository. */
  repository: string
  /** From the root. */
  path: string
  /** The `.dvc` file, from the root. */
  dvcFile: string
  /** What dvc calls the content: md5, or md5 and `.dir`. */
  digest: string
  files: number
  sizeBytes: number
  changed: boolean
}

/**
 * Puts a file or directory under DVC, as `dvc add` does: its content in the cache, a `.dvc` file
 * and a line in `.gitignore` beside it. Errors: `not_found`, `invalid` for a path outside.
 */
export async function trackPath(path: string): Promise<TrackedPath> {
  const place = resolve(path)
  const info = await stat(place).catch(() => undefined)
  if (info === undefined) {
    throw new GyreError({ code: 'not_found', public: `There is nothing at ${path} to add.` })
  }
  const repository = await openDvcRepository(dirname(place))
  const inside = relative(repository, place)
  if (inside === '' || inside.startsWith('..')) {
    throw invalid(`${path} is not inside the repository ${repository}. Add a path below it.`)
  }
  const state = await new PathStates().describe(place)
  if (state === undefined || state.fileCount === 0) {
    throw invalid(`${path} is an empty directory. Put files into it first.`)
  }
  await new DvcCache(repository).put(place, state)
  const changed = await writeDvcFile(`${place}.dvc`, basename(place), state)
  await ignoreInGit(place)
  return {
    repository,
    path: inside,
    dvcFile: `${inside}.dvc`,
    digest: state.md5,
    files: state.fileCount ?? 1,
    sizeBytes: state.sizeBytes,
    changed,
  }
}

/** Writes the output's entry, keeping what else a user wrote there; says whether it changed. */
async function writeDvcFile(file: string, path: string, state: DescribedPath): Promise<boolean> {
  const before = await readFile(file, 'utf8').catch(() => undefined)
  const entry = {
    md5: state.md5,
    size: state.sizeBytes,
    ...(state.fileCount === undefined ? {} : { nfiles: state.fileCount }),
    ...(state.isExecutable === true ? { isexec: true } : {}),
    hash: 'md5',
    path,
  }
  const document = before === undefined ? new Document({ outs: [entry] }) : parseDocument(before)
  const out = document.getIn(['outs', 0]) as YAMLMap | undefined
  if (before !== undefined && out === undefined) {
    throw invalid(`${file} has no outputs. Remove it, or mend it, and add again.`)
  }
  for (const key of ['nfiles', 'isexec']) if (!(key in entry)) out?.delete(key)
  for (const [key, value] of Object.entries(entry)) out?.set(key, value)
  const text = document.toString({ indentSeq: false, lineWidth: 0 })
  if (text === before) return false
  await writeFile(file, text)
  return true
}
