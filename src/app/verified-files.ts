import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, openAsBlob } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { GyreError } from '#kernel/errors'

/** Whether a file is there with that content. */
export async function isAlready(
  place: string,
  file: { sizeBytes: number; sha256: string },
): Promise<boolean> {
  const info = await stat(place).catch(() => undefined)
  if (info?.isFile() !== true || info.size !== file.sizeBytes) return false
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(place)) hash.update(chunk as Buffer)
  return hash.digest('hex') === file.sha256
}

/**
 * Writes a file that takes its name only when all of it arrived and, where a digest is named, has
 * that. Gives what it is. Errors: `unavailable`.
 */
export async function writeVerified(
  place: string,
  content: AsyncIterable<Uint8Array>,
  sha256?: string,
): Promise<{ sha256: string; sizeBytes: number }> {
  await mkdir(dirname(place), { recursive: true })
  const draft = `${place}.gyre-part`
  const hash = createHash('sha256')
  try {
    const file = createWriteStream(draft)
    await pipeline(content, hashing(hash), file)
    const found = hash.digest('hex')
    if (sha256 !== undefined && found !== sha256) {
      throw new GyreError({
        code: 'unavailable',
        public: `What arrived for ${place} is not what the version holds. Try again.`,
      })
    }
    await rename(draft, place)
    return { sha256: found, sizeBytes: file.bytesWritten }
  } finally {
    await rm(draft, { force: true })
  }
}

function hashing(hash: ReturnType<typeof createHash>) {
  return async function* pass(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      hash.update(chunk)
      yield chunk
    }
  }
}

/** A file to be sent as it is read. Errors: `refused` where it does not have the digest. */
export async function readVerified(place: string, sha256: string | undefined): Promise<Blob> {
  const content = await openAsBlob(place)
  if (sha256 === undefined) return content
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(place)) hash.update(chunk as Buffer)
  const found = hash.digest('hex')
  if (found === sha256.toLowerCase()) return content
  throw new GyreError({
    code: 'refused',
    public: `${place} has the sha256 ${found}, not ${sha256}: it is not what was exported.`,
  })
}
