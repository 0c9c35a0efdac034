import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { GyreError } from '#kernel/errors'
import { checkRelativePath } from '#kernel/names'
import { type DirectoryLock, lockDirectory } from './directory-lock.ts'
import { fromSystemError, systemCode } from '#ports/objects/system-errors'
import { makeDirectory } from './make-directory.ts'
import { safeFileName } from './safe-file-name.ts'

/** What this version writes. Raised when an older version must not open what we wrote. */
const format = 1

export interface DataDirectory {
  path: string
  /** The SQLite file, where no other database is configured. */
  databasePath: string
  blobsPath: string
  /** For what can be lost: emptied at the next start. */
  scratchPath: string
  /** A new directory for one piece of work. */
  scratch(): Promise<{ path: string; remove(): Promise<void> }>
  /** Where the telemetry file of this key is; its directory exists. */
  telemetryPath(key: string): Promise<string>
  /** Lets another server open it. */
  release(): Promise<void>
}

export interface DataDirectoryOptions {
  /** With other processes that each are a part of one server; default: alone. */
  shared?: boolean
}

/**
 * Opens a server's data directory and holds it. Throws `conflict` when another server has it
 * (named), `refused` when a newer version wrote it, `unavailable` when it cannot be written.
 */
export async function openDataDirectory(
  directory: string,
  { shared = false }: DataDirectoryOptions = {},
): Promise<DataDirectory> {
  const path = resolve(directory)
  try {
    await makeDirectory(path)
    await checkFormat(path)
    const lock = await lockDirectory(path, shared)
    try {
      return await layOut(path, lock, shared)
    } catch (thrown) {
      await lock.release()
      throw thrown
    }
  } catch (thrown) {
    throw nameDirectory(thrown, path)
  }
}

async function layOut(path: string, lock: DirectoryLock, shared: boolean): Promise<DataDirectory> {
  // What others have there is theirs; who has the directory alone clears away what was left.
  const scratchPath = shared ? join(path, 'scratch', randomUUID()) : join(path, 'scratch')
  await writeFile(join(path, 'gyre-format'), `${format}\n`, { flush: true })
  // A user's repository must not pick it up.
  await writeFile(join(path, '.gitignore'), '*\n')
  await rm(scratchPath, { recursive: true, force: true })
  for (const made of [join(path, 'blobs'), join(path, 'telemetry'), scratchPath])
    await mkdir(made, { recursive: true })
  return {
    path,
    databasePath: join(path, 'gyre.db'),
    blobsPath: join(path, 'blobs'),
    scratchPath,
    scratch: async () => {
      const made = join(scratchPath, randomUUID())
      await mkdir(made, { recursive: true })
      return { path: made, remove: () => rm(made, { recursive: true, force: true }) }
    },
    telemetryPath: async (key) => {
      const parts = checkRelativePath(key).split('/').map(safeFileName)
      const file = join(path, 'telemetry', ...parts)
      await mkdir(dirname(file), { recursive: true })
      return file
    },
    release: async () => {
      if (shared) await rm(scratchPath, { recursive: true, force: true })
      await lock.release()
    },
  }
}

async function checkFormat(path: string): Promise<void> {
  let text: string
  try {
    text = await readFile(join(path, 'gyre-format'), 'utf8')
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return
    throw thrown
  }
  if (/^\d+\n?$/.test(text) && Number(text) <= format) return
  throw new GyreError({
    code: 'refused',
    public:
      `The data directory was written by a newer version of Gyre (format ${text.trim().slice(0, 20)}, ` +
      `this one knows ${format}). Start that version, or choose another directory.`,
  })
}

const placeTexts: Readonly<Record<string, string>> = {
  EEXIST: 'It is a file, not a directory.',
  ENOENT: 'It cannot be made there.',
}

function nameDirectory(thrown: unknown, path: string): unknown {
  const error = fromSystemError(thrown)
  if (error instanceof GyreError) {
    return new GyreError({
      code: error.code,
      public: `Cannot open the data directory ${path}. ${error.public}`,
      cause: thrown,
      retryable: error.retryable,
    })
  }
  const text = placeTexts[systemCode(thrown) ?? '']
  if (text === undefined) return thrown
  return new GyreError({
    code: 'unavailable',
    public: `Cannot open the data directory ${path}. ${text} Choose another with --data.`,
    cause: thrown,
    retryable: false,
  })
}
