import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { PathState } from '#domains/pipelines/index'

/** One file of a directory, as DVC's list of it has it. */
export interface ListedFile {
  md5: string
  relpath: string
}

export interface DescribedPath extends PathState {
  /** Of a directory. */
  files?: ListedFile[]
}

/** md5 of a file's content. */
export async function md5OfFile(path: string): Promise<string> {
  const hash = createHash('md5')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer)
  }
  return hash.digest('hex')
}

/** What DVC hashes of a directory: its files by path, as Python writes that as JSON. */
export function directoryList(files: readonly ListedFile[]): string {
  const sorted = files.toSorted((a, b) => (a.relpath < b.relpath ? -1 : 1))
  const items = sorted.map(
    ({ md5, relpath }) => `{"md5": "${md5}", "relpath": ${asciiJson(relpath)}}`,
  )
  return `[${items.join(', ')}]`
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replaceAll(
    // oxlint-disable-next-line no-control-regex -- what is not ASCII is looked for
    /[^\u0000-\u007e]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Hashes paths, and remembers a file's hash while its size and times stay the same. */
export class PathStates {
  readonly #known = new Map<string, { signature: string; md5: string }>()

  /** undefined: nothing is there. */
  async describe(path: string): Promise<DescribedPath | undefined> {
    const info = await stat(path).catch(() => undefined)
    if (info === undefined) return undefined
    if (!info.isDirectory()) {
      const md5 = await this.#md5(path)
      const isExecutable = (info.mode & 0o100) !== 0
      return { md5, sizeBytes: info.size, ...(isExecutable ? { isExecutable } : {}) }
    }
    const files: ListedFile[] = []
    let sizeBytes = 0
    for (const relpath of await filesBelow(path)) {
      const file = join(path, relpath)
      files.push({ md5: await this.#md5(file), relpath })
      sizeBytes += (await stat(file)).size
    }
    const md5 = createHash('md5').update(directoryList(files)).digest('hex')
    return { md5: `${md5}.dir`, sizeBytes, fileCount: files.length, files }
  }

  async #md5(path: string): Promise<string> {
    const info = await stat(path, { bigint: true })
    const signature = `${info.ino}:${info.size}:${info.mtimeNs}:${info.ctimeNs}`
    const known = this.#known.get(path)
    if (known?.signature === signature) return known.md5
    const md5 = await md5OfFile(path)
    this.#known.set(path, { signature, md5 })
    return md5
  }
}

/** Paths of all files below a directory, with `/`, following links to files. */
export async function filesBelow(directory: string, prefix = ''): Promise<string[]> {
  const entries = await readdir(join(directory, prefix), { withFileTypes: true })
  const found: string[] = []
  for (const entry of entries) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    const isDirectory =
      entry.isDirectory() ||
      (entry.isSymbolicLink() && (await stat(join(directory, path))).isDirectory())
    if (isDirectory) found.push(...(await filesBelow(directory, path)))
    else found.push(path)
  }
  return found
}

export async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined
}
