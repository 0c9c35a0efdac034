import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectory } from './make-directory.ts'
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts'

const longestWriteMs = 86_400_000

/** Files that are being written, named after their writer, so that what is left can be told. */
export class Incoming {
  readonly #directory: string
  readonly #self: ProcessIdentity
  #count = 0

  private constructor(directory: string, self: ProcessIdentity) {
    this.#directory = directory
    this.#self = self
  }

  /** Removes what writers that are gone have left half-written. */
  static async open(directory: string): Promise<Incoming> {
    await makeDirectory(directory)
    for (const name of await readdir(directory)) {
      const path = join(directory, name)
      if (!(await isBeingWritten(path, name))) await rm(path, { force: true })
    }
    return new Incoming(directory, await ownIdentity())
  }

  next(): string {
    const { pid, startedAt } = this.#self
    return join(this.#directory, `${pid}_${startedAt}_${++this.#count}`)
  }
}

async function isBeingWritten(path: string, name: string): Promise<boolean> {
  const [pid, startedAt] = name.split('_')
  const writer: ProcessIdentity = { pid: Number(pid), startedAt: startedAt ?? '' }
  if (!Number.isInteger(writer.pid) || !(await isAlive(writer))) return false
  const age = await stat(path).then(
    (found) => Date.now() - found.mtimeMs,
    () => Infinity,
  )
  return age < longestWriteMs
}
