import { statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Client } from '#client/client'
import { GyreError } from '#kernel/errors'
import { readContent } from '../files/read-content.ts'
import {
  type DvcRepository,
  insideRepository,
  openOrMakeRepository,
} from '../repository/dvc-repository.ts'
import { gitState } from '../reproduce/git-state.ts'
import { addPaths, type Work } from './add-path.ts'
import { type DatasetFile, uploadMissing, type UploadOptions } from './upload-missing.ts'

export interface DatasetCommit extends UploadOptions {
  dataset: string
  /** The file or directory that the data set is. */
  path: string
  message: string
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
  const isDirectory = statSync(place).isDirectory()
  await uploadMissing(options, repository.cache, files, ({ path }) =>
    isDirectory ? join(place, path) : place,
  )
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
