import { access, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { checkDigest } from '#ports/blobs/refusals'
import { syncDirectory } from './directory-sync.ts'
import { Incoming } from './incoming.ts'
import { makeDirectory } from './make-directory.ts'

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

/** Lays out the directory and removes what writers that are gone have left half-written. */
export async function layOutBlobs(directory: string): Promise<BlobPaths> {
  const root = join(directory, 'sha256')
  await makeDirectory(directory)
  await makeShards(directory, root)
  const incoming = await Incoming.open(join(directory, 'incoming'))
  const shard = (sha256: string) => join(root, checkDigest(sha256).slice(0, 2))
  const blob = (sha256: string) => join(shard(sha256), sha256.slice(2))
  return {
    shard,
    blob,
    md5Link: (sha256) => `${blob(sha256)}.md5`,
    incoming: () => incoming.next(),
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
