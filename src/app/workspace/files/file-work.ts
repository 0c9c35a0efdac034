import { createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import type {
  CheckOutTask,
  FileTask,
  FileTaskResult,
  HashTask,
  KeepTask,
  StoreTask,
  VerifyTask,
} from './file-tasks.ts'
import { objectPlace, ObjectWriter, writeWhole } from './object-writer.ts'
import { digestOfContent, partBytes, PartBuffer } from './read-parts.ts'

/**
 * Does tasks on files by the thousand, one after another. Synchronous calls in a few threads do small
 * files several times as fast as the event loop's thread pool, where every call costs two hand-overs.
 */
export class FileWork {
  readonly #parts = new PartBuffer()
  readonly #writer: ObjectWriter
  readonly #name: string
  #drafts = 0

  /** `name` tells the drafts of this worker from those of others. */
  constructor(name: string) {
    this.#name = name
    this.#writer = new ObjectWriter(name)
  }

  /** Errors: whatever the file system says but that a file is not there. */
  perform(task: FileTask): FileTaskResult {
    const count = task.kind === 'keep' ? task.ends.length : task.places.length
    const result: FileTaskResult = {
      digests: new Uint8Array(count * 16),
      sha256: 'sha256' in task && task.sha256 ? new Uint8Array(count * 32) : undefined,
      signatures: new Float64Array(count * 4),
      bytes: 0,
      stored: 0,
      failures: [],
    }
    for (let index = 0; index < count; index++) {
      try {
        const digest = this.#one(task, index, result)
        result.digests.set(Buffer.from(digest, 'hex'), index * 16)
      } catch (thrown) {
        const { code, message } = thrown as NodeJS.ErrnoException
        if (!(thrown instanceof ChangedObject) && code !== 'ENOENT') throw thrown
        const reason = code === 'ENOENT' ? 'gone' : 'changed'
        result.failures.push({ index, reason, text: message })
      }
    }
    return result
  }

  #one(task: FileTask, index: number, result: FileTaskResult): string {
    if (task.kind === 'keep') return this.#keep(task, index, result)
    const place = task.places[index] ?? ''
    if (task.kind === 'check out') return this.#checkOut(task, index, place, result)
    return this.#read(task, index, place, result)
  }

  #keep(task: KeepTask, index: number, result: FileTaskResult): string {
    const digest = digestAt(task.digests, index)
    const content = Buffer.from(task.content.buffer, task.content.byteOffset).subarray(
      task.ends[index - 1] ?? 0,
      task.ends[index],
    )
    if (digestOfContent(content, task.algorithm) !== digest) throw new ChangedObject(digest)
    if (this.#writer.keep(task, digest, content)) result.stored++
    result.bytes += content.length
    return digest
  }

  #read(
    task: HashTask | StoreTask | VerifyTask,
    index: number,
    place: string,
    result: FileTaskResult,
  ): string {
    const file = openSync(place, 'r')
    const sha256 = result.sha256 === undefined ? undefined : createHash('sha256')
    const seen = (part: Buffer): void => {
      result.bytes += part.length
      sha256?.update(part)
    }
    try {
      const first = this.#parts.next(file)
      const digest =
        task.kind === 'store'
          ? this.#store(task, place, file, first, seen, result)
          : this.#parts.digest(file, first, task.algorithm, seen)
      if (task.kind === 'verify') checkName(place, digest)
      if (sha256 !== undefined) result.sha256?.set(sha256.digest(), index * 32)
      return digest
    } finally {
      closeSync(file)
    }
  }

  #store(
    task: StoreTask,
    place: string,
    file: number,
    first: Buffer,
    seen: (part: Buffer) => void,
    result: FileTaskResult,
  ): string {
    const { digest, isNew } =
      first.length < partBytes
        ? this.#storeSmall(task, place, first, seen)
        : this.#writer.keepLarge(task, (write) => {
            const found = this.#parts.digest(file, first, task.algorithm, (part) => {
              seen(part)
              write(part)
            })
            if (task.named) checkName(place, found)
            return found
          })
    if (isNew) result.stored++
    return digest
  }

  #storeSmall(task: StoreTask, place: string, content: Buffer, seen: (part: Buffer) => void) {
    const digest = digestOfContent(content, task.algorithm)
    if (task.named) checkName(place, digest)
    seen(content)
    return { digest, isNew: this.#writer.keep(task, digest, content) }
  }

  #checkOut(task: CheckOutTask, index: number, place: string, result: FileTaskResult): string {
    const digest = digestAt(task.digests, index)
    const target =
      task.drafts === undefined ? place : `${task.drafts}/${this.#name}-${this.#drafts++}`
    try {
      this.#bring(task, digest, target, result)
      if (target !== place) renameSync(target, place)
    } catch (thrown) {
      if (target !== place) rmSync(target, { force: true })
      throw thrown
    }
    const info = lstatSync(place)
    result.signatures.set([info.size, info.mtimeMs, info.ctimeMs, info.ino], index * 4)
    return digest
  }

  #bring(task: CheckOutTask, digest: string, target: string, result: FileTaskResult): void {
    const { link } = task
    const object = objectPlace(task.objects, digest)
    if (link === 'copy') this.#copy(task, digest, target, result)
    else if (link === 'reflink') {
      copyFileSync(object, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE)
      chmodSync(target, newFileMode(task.isExecutable))
    } else {
      const { size } = lstatSync(object)
      // One inode for all empty files would be one mode for all, and more links than it may have.
      const isShared = size === 0 && link === 'hardlink'
      if (isShared || task.isExecutable) this.#copy(task, digest, target, result)
      else if (link === 'hardlink') linkSync(object, target)
      else symlinkSync(object, target)
    }
  }

  /** Copies an object and makes sure, while at it, that it is what its name says. */
  #copy(task: CheckOutTask, digest: string, target: string, result: FileTaskResult): void {
    const object = objectPlace(task.objects, digest)
    const from = openSync(object, 'r')
    let to: number | undefined
    try {
      const first = this.#parts.next(from)
      to = openSync(target, 'wx', newFileMode(task.isExecutable))
      const file = to
      const found = this.#parts.digest(from, first, task.algorithm, (part) => {
        writeWhole(file, part)
        result.bytes += part.length
      })
      if (found !== digest) throw new ChangedObject(object)
    } catch (thrown) {
      if (to !== undefined) rmSync(target, { force: true })
      throw thrown
    } finally {
      closeSync(from)
      if (to !== undefined) closeSync(to)
    }
  }
}

/** The content of an object is not what its name says. */
class ChangedObject extends Error {
  constructor(place: string) {
    super(place)
  }
}

function checkName(place: string, digest: string): void {
  if (digest !== nameOf(place)) throw new ChangedObject(place)
}

function digestAt(digests: Uint8Array, index: number): string {
  return Buffer.from(digests.subarray(index * 16, index * 16 + 16)).toString('hex')
}

function nameOf(object: string): string {
  const parts = object.split('/')
  return `${parts.at(-2) ?? ''}${parts.at(-1) ?? ''}`.replace(/\.dir$/, '')
}

function newFileMode(isExecutable: boolean): number {
  return isExecutable ? 0o777 : 0o666
}
