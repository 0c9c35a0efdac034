import { createHash, hash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { LinkType } from '../repository/config.ts'
import type { Algorithm } from '../repository/object-cache.ts'
import { TextNormaliser } from './text-normaliser.ts'

/* What is done to files by the thousand. Synchronous calls in a few threads do small files several
 * times as fast as the event loop's thread pool, where every call costs two hand-overs. */

/** Hashes files. */
export interface HashTask {
  kind: 'hash'
  algorithm: Algorithm
  places: string[]
}

/** Hashes files and keeps them in the cache. */
export interface StoreTask {
  kind: 'store'
  algorithm: Algorithm
  places: string[]
  /** Where objects of the algorithm lie. */
  objects: string
  /** For what is not whole yet, on the same file system. */
  drafts: string
  directoryMode: number
}

/** Brings files from the cache to places in the work tree. */
export interface CheckOutTask {
  kind: 'check out'
  algorithm: Algorithm
  /** The md5s, 16 bytes each. */
  digests: Uint8Array
  objects: string
  places: string[]
  /** Takes what is not whole yet, on the file system of `places`; undefined: written in place. */
  drafts: string | undefined
  link: LinkType
  isExecutable: boolean
}

/** Reads objects of the cache and compares them with their names. */
export interface VerifyTask {
  kind: 'verify'
  algorithm: Algorithm
  places: string[]
}

export type FileTask = HashTask | StoreTask | CheckOutTask | VerifyTask

export interface FileTaskResult {
  /** The md5 of each file, 16 bytes each. */
  digests: Uint8Array
  /** Of each file: size, mtimeMs, ctimeMs, inode. Zeros where it was not asked for. */
  signatures: Float64Array
  /** Bytes that were read. */
  bytes: number
  /** How many objects were not in the cache before. */
  stored: number
  /** Files that could not be done, by their place in the task. */
  failures: { index: number; reason: FailureReason; text: string }[]
}

/** `gone`: the file, or the object, is not there; `changed`: an object is not what its name says. */
export type FailureReason = 'gone' | 'changed'

const bufferBytes = 1 << 20
const partialMode = 0o600

/** Does tasks, one after another, with one buffer. */
export class FileWork {
  readonly #buffer = Buffer.allocUnsafe(bufferBytes)
  readonly #name: string
  #drafts = 0

  /** `name` tells the drafts of this worker from those of others. */
  constructor(name: string) {
    this.#name = name
  }

  /** Errors: whatever the file system says but that a file is not there. */
  perform(task: FileTask): FileTaskResult {
    const count = task.places.length
    const result: FileTaskResult = {
      digests: new Uint8Array(count * 16),
      signatures: new Float64Array(count * 4),
      bytes: 0,
      stored: 0,
      failures: [],
    }
    for (const [index, place] of task.places.entries()) {
      try {
        this.#one(task, index, place, result)
      } catch (thrown) {
        const { code, message } = thrown as NodeJS.ErrnoException
        if (!(thrown instanceof ChangedObject) && code !== 'ENOENT') throw thrown
        const reason = code === 'ENOENT' ? 'gone' : 'changed'
        result.failures.push({ index, reason, text: message })
      }
    }
    return result
  }

  #one(task: FileTask, index: number, place: string, result: FileTaskResult): void {
    if (task.kind === 'check out') return this.#checkOut(task, index, place, result)
    if (task.kind === 'store') {
      const { digest, isNew } = this.#store(task, place, result)
      result.digests.set(Buffer.from(digest, 'hex'), index * 16)
      if (isNew) result.stored++
      return
    }
    const digest = this.#digestOf(place, task.algorithm, result)
    result.digests.set(Buffer.from(digest, 'hex'), index * 16)
    if (task.kind === 'verify' && digest !== nameOf(place)) throw new ChangedObject(place)
  }

  #store(
    task: StoreTask,
    place: string,
    result: FileTaskResult,
  ): { digest: string; isNew: boolean } {
    const file = openSync(place, 'r')
    try {
      const filled = this.#fill(file)
      result.bytes += filled
      if (filled === bufferBytes) return this.#storeLarge(task, file, result)
      const content = this.#buffer.subarray(0, filled)
      const digest = digestOfContent(content, task.algorithm)
      return { digest, isNew: this.#keep(task, digest, content) }
    } finally {
      closeSync(file)
    }
  }

  /**
   * A new object is written under its own name and gets the mode of whole ones when it is whole;
   * renaming a draft would cost more than the writing. Gives whether there was none.
   */
  #keep(task: StoreTask, digest: string, content: Uint8Array): boolean {
    const object = objectPlace(task.objects, digest)
    let file: number
    try {
      file = openSync(object, 'wx', partialMode)
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException
      if (code === 'ENOENT') makeDirectory(dirname(object), task.directoryMode)
      else if (code !== 'EEXIST') throw thrown
      else if (this.#isWhole(object, digest, task.algorithm)) return false
      return this.#keep(task, digest, content)
    }
    try {
      writeWhole(file, content)
      fchmodSync(file, 0o444)
    } catch (thrown) {
      rmSync(object, { force: true })
      throw thrown
    } finally {
      closeSync(file)
    }
    return true
  }

  /** Whether an object can be trusted; one that was left half written, or changed, is removed. */
  #isWhole(object: string, digest: string, algorithm: Algorithm): boolean {
    const info = lstatSync(object, { throwIfNoEntry: false })
    if (info === undefined) return false
    if ((info.mode & 0o777) === 0o444) return true
    // The buffer holds the new content, so another one reads the old.
    const found = new FileWork(this.#name).perform({ kind: 'hash', algorithm, places: [object] })
    if (Buffer.from(found.digests).toString('hex') === digest && found.failures.length === 0) {
      chmodSync(object, 0o444)
      return true
    }
    rmSync(object, { force: true })
    return false
  }

  /** More than fits into memory is written to a draft while it is hashed; the first part is read. */
  #storeLarge(
    task: StoreTask,
    file: number,
    result: FileTaskResult,
  ): { digest: string; isNew: boolean } {
    const draft = `${task.drafts}/${this.#name}-${this.#drafts++}`
    try {
      const digest = this.#copyLarge(task, file, draft, result)
      const object = objectPlace(task.objects, digest)
      makeDirectory(dirname(object), task.directoryMode)
      const isNew = lstatSync(object, { throwIfNoEntry: false }) === undefined
      if (isNew || !this.#isWhole(object, digest, task.algorithm)) renameSync(draft, object)
      return { digest, isNew }
    } finally {
      rmSync(draft, { force: true })
    }
  }

  /** Gives the md5 of a file, the first part of which is in the buffer, and copies it to a draft. */
  #copyLarge(task: StoreTask, file: number, draft: string, result: FileTaskResult): string {
    const normaliser = new TextNormaliser(task.algorithm)
    const md5 = createHash('md5')
    const out = openSync(draft, 'wx', partialMode)
    try {
      for (let filled = bufferBytes; filled > 0;) {
        const part = this.#buffer.subarray(0, filled)
        md5.update(normaliser.normalise(part))
        writeWhole(out, part)
        filled = this.#fill(file)
        result.bytes += filled
      }
      fchmodSync(out, 0o444)
      return md5.digest('hex')
    } finally {
      closeSync(out)
    }
  }

  #checkOut(task: CheckOutTask, index: number, place: string, result: FileTaskResult): void {
    const digest = Buffer.from(task.digests.subarray(index * 16, index * 16 + 16)).toString('hex')
    const object = objectPlace(task.objects, digest)
    const target =
      task.drafts === undefined ? place : `${task.drafts}/${this.#name}-${this.#drafts++}`
    try {
      this.#bring(task, digest, object, target, result)
      if (target !== place) renameSync(target, place)
    } catch (thrown) {
      if (target !== place) rmSync(target, { force: true })
      throw thrown
    }
    result.digests.set(task.digests.subarray(index * 16, index * 16 + 16), index * 16)
    const info = lstatSync(place)
    result.signatures.set([info.size, info.mtimeMs, info.ctimeMs, info.ino], index * 4)
  }

  #bring(
    task: CheckOutTask,
    digest: string,
    object: string,
    target: string,
    result: FileTaskResult,
  ): void {
    const { link } = task
    if (link === 'copy') this.#copy(task, digest, object, target, result)
    else if (link === 'reflink') {
      copyFileSync(object, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE)
      chmodSync(target, newFileMode(task.isExecutable))
    } else {
      const { size } = lstatSync(object)
      // An executable and an empty file are never links: one mode, one inode for all of them.
      if (size === 0 || task.isExecutable) this.#copy(task, digest, object, target, result)
      else if (link === 'hardlink') linkSync(object, target)
      else symlinkSync(object, target)
    }
  }

  /** Copies an object and makes sure, while at it, that it is what its name says. */
  #copy(
    task: CheckOutTask,
    digest: string,
    object: string,
    target: string,
    result: FileTaskResult,
  ): void {
    const from = openSync(object, 'r')
    let to: number | undefined
    try {
      const normaliser = new TextNormaliser(task.algorithm)
      let filled = this.#fill(from)
      const first = this.#buffer.subarray(0, filled)
      if (filled < bufferBytes && digestOfContent(first, task.algorithm) !== digest) {
        throw new ChangedObject(object)
      }
      to = openSync(target, 'wx', newFileMode(task.isExecutable))
      if (filled < bufferBytes) {
        writeWhole(to, first)
        result.bytes += filled
        return
      }
      const md5 = createHash('md5')
      for (; filled > 0; filled = this.#fill(from)) {
        const part = this.#buffer.subarray(0, filled)
        md5.update(normaliser.normalise(part))
        writeWhole(to, part)
        result.bytes += filled
      }
      if (md5.digest('hex') !== digest) throw new ChangedObject(object)
    } catch (thrown) {
      if (to !== undefined) rmSync(target, { force: true })
      throw thrown
    } finally {
      closeSync(from)
      if (to !== undefined) closeSync(to)
    }
  }

  #digestOf(place: string, algorithm: Algorithm, result: FileTaskResult): string {
    const file = openSync(place, 'r')
    try {
      let filled = this.#fill(file)
      result.bytes += filled
      if (filled < bufferBytes) return digestOfContent(this.#buffer.subarray(0, filled), algorithm)
      const normaliser = new TextNormaliser(algorithm)
      const md5 = createHash('md5')
      while (filled > 0) {
        md5.update(normaliser.normalise(this.#buffer.subarray(0, filled)))
        filled = this.#fill(file)
        result.bytes += filled
      }
      return md5.digest('hex')
    } finally {
      closeSync(file)
    }
  }

  /** Reads until the buffer is full or the file ends; gives how much there is. */
  #fill(file: number): number {
    let filled = 0
    while (filled < bufferBytes) {
      const read = readSync(file, this.#buffer, filled, bufferBytes - filled, null)
      if (read === 0) break
      filled += read
    }
    return filled
  }
}

/** The content of an object is not what its name says. */
class ChangedObject extends Error {
  constructor(place: string) {
    super(place)
  }
}

function digestOfContent(content: Buffer, algorithm: Algorithm): string {
  return hash('md5', new TextNormaliser(algorithm).normalise(content), 'hex')
}

function objectPlace(objects: string, digest: string): string {
  return `${objects}/${digest.slice(0, 2)}/${digest.slice(2)}`
}

function nameOf(object: string): string {
  const parts = object.split('/')
  return `${parts.at(-2) ?? ''}${parts.at(-1) ?? ''}`.replace(/\.dir$/, '')
}

function newFileMode(isExecutable: boolean): number {
  return isExecutable ? 0o777 : 0o666
}

function makeDirectory(directory: string, mode: number): void {
  mkdirSync(directory, { recursive: true })
  // mkdir takes away what the umask says, and a shared cache must be the group's.
  if (mode !== 0o777) chmodSync(directory, mode)
}

function writeWhole(file: number, content: Uint8Array): void {
  for (let at = 0; at < content.length;) at += writeSync(file, content, at)
}
