import { createReadStream } from 'node:fs'
import type { Client } from '#client/client'
import { BatchRemote } from '../remotes/batch-remote.ts'
import { Exchanger } from '../remotes/exchange.ts'
import type { ObjectCache } from '../repository/object-cache.ts'
import type { Work } from './add-path.ts'

/** How many uploads are under way at once. */
const uploads = 4

/** Digests asked about in one request. */
const askedAtOnce = 10_000

/** A file of a data set, as the server knows it. */
export interface DatasetFile {
  /** From the root of the data set, with `/`. */
  path: string
  sha256: string
  md5: string
  sizeBytes: number
}

export interface UploadOptions extends Work {
  client: Client
  project: string
  /** Where many objects can be sent in one request; without it each takes one. */
  server?: { url: string; token: string | undefined }
}

/**
 * Uploads the files that the project does not have: many in a request from the cache where the server
 * is told, else, and where the cache lacks them, one by one from where `placeOf` says they lie.
 */
export async function uploadMissing(
  options: UploadOptions,
  cache: ObjectCache,
  files: readonly DatasetFile[],
  placeOf: (file: DatasetFile) => string,
): Promise<void> {
  let missing = await missingOf(options, files)
  if (missing.length > uploads && options.server !== undefined) {
    await sendTogether(options, cache, missing, options.server)
    missing = await missingOf(options, missing)
  }
  await sendOneByOne(options, missing, placeOf)
}

async function missingOf(
  { client, project, signal }: UploadOptions,
  files: readonly DatasetFile[],
): Promise<DatasetFile[]> {
  const bySha = new Map(files.map((file) => [file.sha256, file]))
  const missing: DatasetFile[] = []
  const asked = [...bySha.keys()]
  for (let start = 0; start < asked.length; start += askedAtOnce) {
    const body = { items: asked.slice(start, start + askedAtOnce) }
    const answer = await client.data.missingBlobs({ params: { project }, body, signal })
    missing.push(...answer.missing.flatMap((sha256) => bySha.get(sha256) ?? []))
  }
  return missing
}

/** By way of the project's DVC remote, which takes many objects in a request. */
async function sendTogether(
  { project, signal, onProgress }: UploadOptions,
  cache: ObjectCache,
  files: readonly DatasetFile[],
  { url, token }: { url: string; token: string | undefined },
): Promise<void> {
  const exchanger = new Exchanger({
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    connections: uploads,
    verifiesCertificates: true,
    idleMs: 60_000,
  })
  const address = `${url}/dvc/${encodeURIComponent(project)}`
  let sent = 0
  let bytes = 0
  try {
    await new BatchRemote(exchanger, address, address).upload({
      digests: [...new Set(files.map(({ md5 }) => md5))],
      algorithm: 'md5',
      cache,
      signal,
      onObjects(count, sizeBytes) {
        sent += count
        bytes += sizeBytes
        onProgress?.(sent, files.length, bytes)
      },
    })
  } finally {
    exchanger.close()
  }
}

async function sendOneByOne(
  { client, project, signal, onProgress }: UploadOptions,
  files: readonly DatasetFile[],
  placeOf: (file: DatasetFile) => string,
): Promise<void> {
  const waiting = files.values()
  let sent = 0
  let bytes = 0
  const send = async (): Promise<void> => {
    for (const file of waiting) {
      const { sha256, sizeBytes } = file
      const content = createReadStream(placeOf(file)) as AsyncIterable<Uint8Array>
      await client.data.uploadBlob({ params: { project, sha256 }, body: content, signal })
      sent++
      bytes += sizeBytes
      onProgress?.(sent, files.length, bytes)
    }
  }
  await Promise.all(Array.from({ length: uploads }, send))
}
