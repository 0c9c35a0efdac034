import {
  chmodSync,
  closeSync,
  fchmodSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { Algorithm } from '../repository/object-cache.ts'
import type { ObjectTarget } from './file-tasks.ts'
import { PartBuffer } from './read-parts.ts'

const partialMode = 0o600
const wholeMode = 0o444

/**
 * Writes objects. What has the mode of whole objects is whole: a small one is written under its own
 * name and gets that mode last, because renaming a draft would cost more than writing it; a large one
 * has no name before it was read to its end.
 */
export class ObjectWriter {
  readonly #name: string
  #drafts = 0

  /** `name` tells the drafts of this writer from those of others. */
  constructor(name: string) {
    this.#name = name
  }

  /** Keeps a content whose md5 is `digest`; gives whether it is new. */
  keep(target: ObjectTarget, digest: string, content: Uint8Array): boolean {
    const object = objectPlace(target.objects, digest)
    let file: number
    try {
      file = openSync(object, 'wx', partialMode)
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException
      if (code === 'ENOENT') makeDirectory(dirname(object), target.directoryMode)
      else if (code !== 'EEXIST') throw thrown
      else if (isWhole(object, digest, target.algorithm)) return false
      return this.keep(target, digest, content)
    }
    try {
      writeWhole(file, content)
      fchmodSync(file, wholeMode)
    } catch (thrown) {
      rmSync(object, { force: true })
      throw thrown
    } finally {
      closeSync(file)
    }
    return true
  }

  /** Keeps what `fill` writes, and says the md5 of; gives that and whether it is new. */
  keepLarge(
    target: ObjectTarget,
    fill: (write: (part: Uint8Array) => void) => string,
  ): { digest: string; isNew: boolean } {
    const draft = `${target.drafts}/${this.#name}-${this.#drafts++}`
    try {
      const digest = fillDraft(draft, fill)
      const object = objectPlace(target.objects, digest)
      makeDirectory(dirname(object), target.directoryMode)
      const isNew = lstatSync(object, { throwIfNoEntry: false }) === undefined
      if (isNew || !isWhole(object, digest, target.algorithm)) renameSync(draft, object)
      return { digest, isNew }
    } finally {
      rmSync(draft, { force: true })
    }
  }
}

function fillDraft(draft: string, fill: (write: (part: Uint8Array) => void) => string): string {
  const file = openSync(draft, 'wx', partialMode)
  try {
    const digest = fill((part) => writeWhole(file, part))
    fchmodSync(file, wholeMode)
    return digest
  } finally {
    closeSync(file)
  }
}

/** Whether an object can be trusted; one that was left half written, or changed, is removed. */
function isWhole(object: string, digest: string, algorithm: Algorithm): boolean {
  const info = lstatSync(object, { throwIfNoEntry: false })
  if (info === undefined) return false
  if ((info.mode & 0o777) === wholeMode) return true
  if (digestOfFile(object, algorithm) === digest) {
    chmodSync(object, wholeMode)
    return true
  }
  rmSync(object, { force: true })
  return false
}

function digestOfFile(place: string, algorithm: Algorithm): string {
  const file = openSync(place, 'r')
  try {
    const parts = new PartBuffer()
    return parts.digest(file, parts.next(file), algorithm)
  } finally {
    closeSync(file)
  }
}

export function objectPlace(objects: string, digest: string): string {
  return `${objects}/${digest.slice(0, 2)}/${digest.slice(2)}`
}

function makeDirectory(directory: string, mode: number): void {
  mkdirSync(directory, { recursive: true })
  // mkdir takes away what the umask says, and a shared cache must be the group's.
  if (mode !== 0o777) chmodSync(directory, mode)
}

export function writeWhole(file: number, content: Uint8Array): void {
  for (let at = 0; at < content.length;) at += writeSync(file, content, at)
}
