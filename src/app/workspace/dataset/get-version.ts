import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Client } from '#client/client'
import { GyreError } from '#kernel/errors'

const pageFiles = 10_000

export interface VersionDownload {
  client: Client
  project: string
  dataset: string
  /** A number, or `latest`. */
  version: string
  /** A directory, made when it is not there. */
  destination: string
  signal: AbortSignal
  onProgress?(files: number, total: number, bytes: number): void
}

/**
 * Makes a directory hold the files of a version; files that are as they should be stay, others in
 * the way are replaced, files of no version stay. Each is verified before it takes its name.
 */
export async function getVersionFiles(
  options: VersionDownload,
): Promise<{ files: number; fetched: number; sizeBytes: number }> {
  const { client, signal } = options
  const params = {
    project: options.project,
    dataset: options.dataset,
    version: options.version,
  }
  const done = { files: 0, fetched: 0, sizeBytes: 0 }
  const { files: total } = await client.data.getVersion({ params, signal })
  for (let pageToken: string | undefined; ;) {
    const query = { limit: pageFiles, ...(pageToken === undefined ? {} : { pageToken }) }
    const page = await client.data.listFiles({ params, query, signal })
    for (const file of page.items) {
      const place = join(options.destination, file.path)
      if (!(await isAlready(place, file))) {
        const { content } = await client.data.downloadFile({
          params,
          query: { path: file.path },
          signal,
        })
        await writeVerified(place, content, file.sha256)
        done.fetched++
      }
      done.files++
      done.sizeBytes += file.sizeBytes
      options.onProgress?.(done.files, total, done.sizeBytes)
    }
    pageToken = page.nextPageToken
    if (pageToken === undefined) return done
  }
}

async function isAlready(
  place: string,
  file: { sizeBytes: number; sha256: string },
): Promise<boolean> {
  const info = await stat(place).catch(() => undefined)
  if (info?.isFile() !== true || info.size !== file.sizeBytes) return false
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(place)) hash.update(chunk as Buffer)
  return hash.digest('hex') === file.sha256
}

async function writeVerified(
  place: string,
  content: AsyncIterable<Uint8Array>,
  sha256: string,
): Promise<void> {
  await mkdir(dirname(place), { recursive: true })
  const draft = `${place}.gyre-part`
  const hash = createHash('sha256')
  try {
    await pipeline(content, hashing(hash), createWriteStream(draft))
    if (hash.digest('hex') !== sha256) {
      throw new GyreError({
        code: 'unavailable',
        public: `What arrived for ${place} is not what the version holds. Try again.`,
      })
    }
    await rename(draft, place)
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
