import { join } from 'node:path'
import type { Client } from '#client/client'
import { isAlready, writeVerified } from '../../verified-files.ts'

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
