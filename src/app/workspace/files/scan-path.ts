import { lstatSync, readdirSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { invalid } from '#kernel/errors'
import type { IgnoreRules } from '../repository/ignore-rules.ts'
import { FileTable } from './file-table.ts'

/** What lies at a path of the work tree now. */
export interface ScannedPath {
  kind: 'file' | 'directory'
  files: FileTable
  /** Of a file: whether anybody may execute it. */
  isExecutable: boolean
  /** Rows of `files` whose file is a link, symbolic or one of several hard ones. */
  links: Map<number, 'symbolic' | 'hard'>
}

export interface ScanOptions {
  root: string
  /** From the root. */
  path: string
  ignore: IgnoreRules
}

/**
 * Lists the files at a path with what `stat` says, as dvc collects them: through links to files, not
 * into links to directories, without what `.dvcignore` keeps out. Undefined: nothing is there.
 * Errors: `invalid` for sockets and the like, for links that lead nowhere and for names that are no
 * Unicode.
 */
export function scanPath(options: ScanOptions): ScannedPath | undefined {
  const place = join(options.root, options.path)
  const own = lstatSync(place, { throwIfNoEntry: false })
  if (own === undefined) return undefined
  const target = own.isSymbolicLink() ? statSync(place, { throwIfNoEntry: false }) : own
  if (target === undefined) return undefined
  const scanned: ScannedPath = {
    kind: target.isDirectory() ? 'directory' : 'file',
    files: new FileTable(),
    isExecutable: !target.isDirectory() && (target.mode & 0o111) !== 0,
    links: new Map(),
  }
  if (target.isDirectory()) scanDirectory(scanned, options, place, '')
  else addFile(scanned, '', place, own)
  return scanned
}

function scanDirectory(
  scanned: ScannedPath,
  options: ScanOptions,
  directory: string,
  prefix: string,
): void {
  const { ignore, path } = options
  const fromRoot = prefix === '' ? path : `${path}/${prefix.slice(0, -1)}`
  const below: string[] = []
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const { name } = entry
    if (name.includes('\ufffd')) throw badName(`${directory}/${name}`)
    if (name === '.dvcignore') throw ignoreInside(directory)
    const isDirectory = entry.isDirectory()
    if (ignore.ignoresEntry(fromRoot, name, isDirectory)) continue
    if (isDirectory) below.push(name)
    else addEntry(scanned, prefix + name, `${directory}/${name}`)
  }
  for (const name of below.sort()) {
    scanDirectory(scanned, options, `${directory}/${name}`, `${prefix}${name}/`)
  }
}

function addEntry(scanned: ScannedPath, path: string, place: string): void {
  const own = lstatSync(place, { throwIfNoEntry: false })
  // It went away since the directory was read.
  if (own !== undefined) addFile(scanned, path, place, own)
}

function addFile(scanned: ScannedPath, path: string, place: string, own: Stats): void {
  const isLink = own.isSymbolicLink()
  const target = isLink ? statSync(place, { throwIfNoEntry: false }) : own
  if (target === undefined) {
    throw invalid(`${place} is a link that leads nowhere. Mend it or remove it, or ignore it.`)
  }
  // Of a link to a directory dvc takes no notice.
  if (target.isDirectory()) return
  if (!target.isFile()) {
    throw invalid(
      `${place} is no regular file (a pipe, socket or device). Remove it, or ignore it.`,
    )
  }
  if (isLink) scanned.links.set(scanned.files.length, 'symbolic')
  else if (target.nlink > 1) scanned.links.set(scanned.files.length, 'hard')
  scanned.files.add(path, target)
}

function ignoreInside(directory: string) {
  return invalid(
    `${directory} holds a .dvcignore, and data may not say what of it is ignored. Move the file above the data.`,
  )
}

function badName(place: string) {
  return invalid(
    `${place}: the name is no valid UTF-8, so no manifest could hold it. Rename the file.`,
  )
}
