import { createReadStream } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Client } from '#client/client'
import { gitState } from '../reproduce/git-state.ts'
import { FileDigests, type LocalFile } from './file-digests.ts'
import { openOrMakeRepository } from '../repository/dvc-repository.ts'
import { addPaths } from './add-path.ts'

/** How many uploads are under way at once. */
const uploads = 4

/** Digests asked about in one request. */
const askedAtOnce = 10_000

export interface DatasetCommit {
  client: Client
  project: string
  dataset: string
  /** The file or directory that the data set is. */
  path: string
  message: string
  signal: AbortSignal
  onProgress?(sentBytes: number, totalBytes: number): void
}

/**
 * What `gyre data commit` does: tracks the path as `dvc add` would, uploads what the server lacks
 * and commits a version. Throws what the server says, `refused` with the failed expectations.
 */
export async function commitDataset(
  options: DatasetCommit,
): ReturnType<Client['data']['commitVersion']> {
  const { client, project, dataset, message, signal } = options
  const place = resolve(options.path)
  const repository = await openOrMakeRepository(dirname(place))
  await addPaths(repository, [place], { signal })
  const digests = await FileDigests.open(repository.root)
  const files = await digests.describe(place)
  await digests.save()
  await uploadMissing(options, files)
  const { commit } = await gitState(repository.root)
  return client.data.commitVersion({
    params: { project, dataset },
    body: {
      files: files.map(({ path, sha256, md5, sizeBytes }) => ({ path, sha256, md5, sizeBytes })),
      message,
      ...(commit === null ? {} : { gitCommit: commit }),
    },
    signal,
  })
}

async function uploadMissing(options: DatasetCommit, files: readonly LocalFile[]): Promise<void> {
  const { client, project, signal } = options
  const bySha = new Map(files.map((file) => [file.sha256, file]))
  const missing: LocalFile[] = []
  const asked = [...bySha.keys()]
  for (let start = 0; start < asked.length; start += askedAtOnce) {
    const body = { items: asked.slice(start, start + askedAtOnce) }
    const answer = await client.data.missingBlobs({ params: { project }, body, signal })
    missing.push(...answer.missing.flatMap((sha256) => bySha.get(sha256) ?? []))
  }
  const total = missing.reduce((sum, file) => sum + file.sizeBytes, 0)
  let sent = 0
  const send = async (): Promise<void> => {
    for (let file = missing.shift(); file !== undefined; file = missing.shift()) {
      await client.data.uploadBlob({
        params: { project, sha256: file.sha256 },
        body: createReadStream(file.place) as AsyncIterable<Uint8Array>,
        signal,
      })
      sent += file.sizeBytes
      options.onProgress?.(sent, total)
    }
  }
  await Promise.all(Array.from({ length: uploads }, send))
}
