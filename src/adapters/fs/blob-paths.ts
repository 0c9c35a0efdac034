import { access, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { invalid } from '#kernel/errors'
import { makeDirectory } from './make-directory.ts'
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts'

/**
 * Where blobs lie: `sha256/ab/cdef…` holds the bytes, and beside it the symbolic link `cdef….md5`
 * points to nothing but spells the md5: durable with its directory, and it costs no block.
 * `incoming/` has what is being written, named after its writer.
 */
export interface BlobPaths {
  blob(sha256: string): string
  md5Link(sha256: string): string
  shard(sha256: string): string
  incoming(): string
  shards(): Promise<string[]>
}

const digestPattern = /^[0-9a-f]{64}$/

export function checkDigest(sha256: string): string {
  if (digestPattern.test(sha256)) return sha256
  throw invalid(
    `${JSON.stringify(sha256.slice(0, 100))} is not a sha256 in lower-case hexadecimal.`,
  )
}

/** Lays out the directory and removes what writers that are gone have left half-written. */
export async function layOutBlobs(directory: string): Promise<BlobPaths> {
  const root = join(directory, 'sha256')
  const incoming = join(directory, 'incoming')
  await makeDirectory(incoming)
  await makeShards(directory, root)
  await removeLeftovers(incoming)
  const self = await ownIdentity()
  let count = 0
  const shard = (sha256: string) => join(root, checkDigest(sha256).slice(0, 2))
  const blob = (sha256: string) => join(shard(sha256), sha256.slice(2))
  return {
    shard,
    blob,
    md5Link: (sha256) => `${blob(sha256)}.md5`,
    incoming: () => join(incoming, `${self.pid}_${self.startedAt}_${++count}`),
    shards: async () => (await readdir(root)).sort().map((name) => join(root, name)),
  }
}

/** All at once, so that a put need not make a directory durable first. */
async function makeShards(directory: string, root: string): Promise<void> {
  const last = join(root, 'ff')
  const laidOut = await access(last).then(
    () => true,
    () => false,
  )
  if (laidOut) return
  for (let i = 0; i < 256; i++) {
    await mkdir(join(root, i.toString(16).padStart(2, '0')), { recursive: true })
  }
  await syncDirectory(root)
  await syncDirectory(directory)
}

async function removeLeftovers(incoming: string): Promise<void> {
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name)
    if (!(await isBeingWritten(path, name))) await rm(path, { force: true })
  }
}

const longestWriteMs = 86_400_000

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

export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
