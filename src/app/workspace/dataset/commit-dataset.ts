import { createReadStream, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Client } from '#client/client'
import { GyreError } from '#kernel/errors'
import { readContent } from '../files/read-content.ts'
import { BatchRemote } from '../remotes/batch-remote.ts'
import { Exchanger } from '../remotes/exchange.ts'
import {
  type DvcRepository,
  insideRepository,
  openOrMakeRepository,
} from '../repository/dvc-repository.ts'
import { gitState } from '../reproduce/git-state.ts'
import { addPaths, type Work } from './add-path.ts'

/** How many uploads are under way at once. */
const uploads = 4

/** Digests asked about in one request. */
const askedAtOnce = 10_000

export interface DatasetCommit extends Work {
  client: Client
  project: string
  dataset: string
  /** The file or directory that the data set is. */
  path: string
  message: string
  /** Where many objects can be sent in one request; without it each takes one. */
  server?: { url: string; token: string | undefined }
}

/** A file of a data set, as the server knows it. */
export interface DatasetFile {
  /** From the root of the data set, with `/`. */
  path: string
  sha256: string
  md5: string
  sizeBytes: number
}

/**
 * What `gyre data commit` does: tracks the path as `dvc add` would, uploads what the server lacks
 * and commits a version. Throws what the server says, `refused` with the failed expectations.
 */
export async function commitDataset(
  options: DatasetCommit,
): ReturnType<Client['data']['commitVersion']> {
  const { client, project, dataset, message, signal, onProgress } = options
  const place = resolve(options.path)
  const repository = await openOrMakeRepository(dirname(place))
  await addPaths(repository, [place], { signal, onProgress, sha256: true })
  const files = await describeDataset(repository, place, options)
  await uploadMissing(options, repository, place, files)
  const { commit } = await gitState(repository.root)
  return client.data.commitVersion({
    params: { project, dataset },
    body: { files, message, ...(commit === null ? {} : { gitCommit: commit }) },
    signal,
  })
}

/** The files of a data set, as the server wants to know them. Errors: `not_found`. */
export async function describeDataset(
  repository: DvcRepository,
  place: string,
  { signal, onProgress }: Work,
): Promise<DatasetFile[]> {
  const path = insideRepository(repository, place)
  const content = await readContent({
    repository,
    path,
    algorithm: 'md5',
    store: false,
    sha256: true,
    signal,
    onProgress,
  })
  if (content === undefined) {
    throw new GyreError({ code: 'not_found', public: `There is nothing at ${place}.` })
  }
  const { files } = content
  return files.paths.map((inside, row) => ({
    path: inside === '' ? basename(place) : inside,
    sha256: files.sha256(row) ?? '',
    md5: files.digest(row),
    sizeBytes: files.sizes[row] ?? 0,
  }))
}

async function uploadMissing(
  options: DatasetCommit,
  repository: DvcRepository,
  place: string,
  files: readonly DatasetFile[],
): Promise<void> {
  let missing = await missingOf(options, files)
  if (missing.length > uploads && options.server !== undefined) {
    await sendTogether(options, repository, missing, options.server)
    missing = await missingOf(options, missing)
  }
  await sendOneByOne(options, place, missing)
}

async function missingOf(
  { client, project, signal }: DatasetCommit,
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
  { project, signal, onProgress }: DatasetCommit,
  { cache }: DvcRepository,
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
  { client, project, signal, onProgress }: DatasetCommit,
  place: string,
  files: readonly DatasetFile[],
): Promise<void> {
  const isDirectory = statSync(place).isDirectory()
  const waiting = files.values()
  let sent = 0
  let bytes = 0
  const send = async (): Promise<void> => {
    for (const { path, sha256, sizeBytes } of waiting) {
      const file = isDirectory ? join(place, path) : place
      const content = createReadStream(file) as AsyncIterable<Uint8Array>
      await client.data.uploadBlob({ params: { project, sha256 }, body: content, signal })
      sent++
      bytes += sizeBytes
      onProgress?.(sent, files.length, bytes)
    }
  }
  await Promise.all(Array.from({ length: uploads }, send))
}
