import type { Remote, TransferFailure } from '../remotes/remote.ts'
import type { DvcRepository } from '../repository/dvc-repository.ts'
import type { Algorithm } from '../repository/object-cache.ts'
import type { SelectedOutput } from '../repository/select-outputs.ts'
import type { Work } from './add-path.ts'
import { failedTransfer } from './failed-transfer.ts'
import { neededObjects } from './needed-objects.ts'

export interface Fetched {
  remote: string
  /** Objects that the cache did not have. */
  objects: number
  sizeBytes: number
}

/**
 * Gets the objects of outputs that the cache lacks from a remote. Each is verified before it is in
 * the cache. Errors: `not_found` or `conflict` with what could not be had; everything else is there.
 */
export async function fetchOutputs(
  repository: DvcRepository,
  selected: readonly SelectedOutput[],
  remote: Remote,
  work: Work,
): Promise<Fetched> {
  const fetched: Fetched = { remote: remote.name, objects: 0, sizeBytes: 0 }
  const failures: TransferFailure[] = []
  const get = getter(repository, remote, work, fetched)
  for (const { algorithm, directories } of neededObjects(repository, selected)) {
    const manifests = directories.filter(({ members }) => members === undefined)
    failures.push(
      ...(await get(
        algorithm,
        manifests.map(({ digest }) => digest),
      )),
    )
  }
  // Now that the manifests are here, they say what else there is.
  for (const { algorithm, files, directories } of neededObjects(repository, selected)) {
    const wanted = new Set([...files, ...directories.flatMap(({ meant }) => meant)])
    failures.push(...(await get(algorithm, repository.cache.missing(wanted, algorithm))))
  }
  if (failures.length > 0) throw failedTransfer('had from', remote, failures)
  return fetched
}

function getter(
  { cache }: DvcRepository,
  remote: Remote,
  { signal, onProgress }: Work,
  fetched: Fetched,
) {
  return async (algorithm: Algorithm, digests: readonly string[]): Promise<TransferFailure[]> => {
    if (digests.length === 0) return []
    const before = fetched.objects
    return remote.download({
      digests,
      algorithm,
      cache,
      signal,
      onObjects(count, bytes) {
        fetched.objects += count
        fetched.sizeBytes += bytes
        onProgress?.(fetched.objects - before, digests.length, fetched.sizeBytes)
      },
    })
  }
}
