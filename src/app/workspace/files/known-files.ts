import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Algorithm } from '../repository/object-cache.ts'
import { FileTable } from './file-table.ts'

/** What was at a path when its files were last hashed, so that only what changed is read again. */
export interface KnownPath {
  algorithm: Algorithm
  files: FileTable
  /** md5 of the manifest with `.dir`; undefined for single files and after partial changes. */
  digest: string | undefined
}

/** A time stamp this close to the moment of hashing may hide a later write in the same tick. */
const tickMs = 20
const format = 2
/** md5 and sha256 of a row. */
const digestBytes = 16 + 32
const columns = ['sizes', 'modifiedAt', 'changedAt', 'inodes'] as const

/**
 * The memory of a tracked path, in `.dvc/tmp/gyre/known`, beside dvc's own and never in it. Losing
 * it costs time and nothing else: what is damaged or of another version counts as nothing.
 */
export class KnownFiles {
  readonly #directory: string

  constructor(temporary: string) {
    this.#directory = join(temporary, 'gyre', 'known')
  }

  read(path: string, algorithm: Algorithm): KnownPath | undefined {
    let bytes: Buffer
    try {
      bytes = readFileSync(this.#place(path, algorithm))
    } catch {
      return undefined
    }
    return decode(bytes, algorithm)
  }

  /**
   * Remembers, in one piece. `seenAt` is when the files were looked at: one that changed right before
   * may change again without a new time stamp, so it is not trusted but read again next time.
   */
  write(path: string, known: KnownPath, seenAt: number): void {
    const place = this.#place(path, known.algorithm)
    mkdirSync(this.#directory, { recursive: true })
    const draft = `${place}.${process.pid}`
    writeFileSync(draft, encode(known, seenAt - tickMs))
    renameSync(draft, place)
  }

  forget(path: string): void {
    for (const algorithm of ['md5', 'md5-dos2unix'] as const) {
      rmSync(this.#place(path, algorithm), { force: true })
    }
  }

  #place(path: string, algorithm: Algorithm): string {
    return join(this.#directory, createHash('sha1').update(`${algorithm}:${path}`).digest('hex'))
  }
}

function encode({ files, digest }: KnownPath, trustedUntil: number): Buffer {
  const paths = Buffer.from(files.paths.join('\0'))
  const header = Buffer.from(
    `${JSON.stringify({ format, rows: files.length, pathBytes: paths.length, digest: digest ?? null })}\n`,
  )
  const inodes = files.inodes.map((inode, row) =>
    Math.max(files.modifiedAt[row] ?? 0, files.changedAt[row] ?? 0) < trustedUntil ? inode : 0,
  )
  const numbers = columns.map((column) => {
    const values = Float64Array.from(column === 'inodes' ? inodes : files[column])
    return Buffer.from(values.buffer)
  })
  const { md5, sha256 } = files.digestBytes()
  return Buffer.concat([header, ...numbers, md5, sha256, paths])
}

function decode(bytes: Buffer, algorithm: Algorithm): KnownPath | undefined {
  const end = bytes.indexOf(10)
  const header = headerOf(bytes.subarray(0, end).toString())
  if (header === undefined) return undefined
  const { rows, pathBytes, digest } = header
  let at = end + 1
  if (bytes.length !== at + rows * (8 * columns.length + digestBytes) + pathBytes) return undefined
  const files = new FileTable()
  for (const column of columns) {
    // Copied, because numbers of eight bytes must begin at a multiple of eight.
    const part = Uint8Array.prototype.slice.call(bytes, at, at + rows * 8)
    const into = files[column]
    for (const value of new Float64Array(part.buffer)) into.push(value)
    at += rows * 8
  }
  files.useDigests({
    md5: bytes.subarray(at, at + rows * 16),
    sha256: bytes.subarray(at + rows * 16, at + rows * digestBytes),
  })
  const text = bytes.toString('utf8', at + rows * digestBytes)
  if (rows > 0) for (const path of text.split('\0')) files.paths.push(path)
  return files.length === rows ? { algorithm, files, digest: digest ?? undefined } : undefined
}

interface Header {
  rows: number
  pathBytes: number
  digest: string | null
}

function headerOf(text: string): Header | undefined {
  try {
    const parsed = JSON.parse(text) as Header & { format: number }
    return parsed.format === format ? parsed : undefined
  } catch {
    return undefined
  }
}

/**
 * For each row of `files` the row of `known` that is the same, untouched file, or -1. Both list a
 * directory in about the same order, so that looking up is mostly one step ahead.
 */
export function matchKnown(files: FileTable, known: FileTable): Int32Array {
  const rows = new Int32Array(files.length).fill(-1)
  let next = 0
  let byPath: Map<string, number> | undefined
  for (let row = 0; row < files.length; row++) {
    const path = files.paths[row] ?? ''
    let candidate: number | undefined = next
    if (known.paths[next] !== path) {
      byPath ??= new Map(known.paths.map((knownPath, index) => [knownPath, index]))
      candidate = byPath.get(path)
    }
    if (candidate === undefined) continue
    next = candidate + 1
    const same =
      known.inodes[candidate] === files.inodes[row] &&
      known.sizes[candidate] === files.sizes[row] &&
      known.modifiedAt[candidate] === files.modifiedAt[row] &&
      known.changedAt[candidate] === files.changedAt[row]
    if (same) rows[row] = candidate
  }
  return rows
}
