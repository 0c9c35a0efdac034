import { CompleteManifests } from '../remotes/complete-manifests.ts'
import type { Remote, Transfer, TransferFailure } from '../remotes/remote.ts'
import type { DvcRepository } from '../repository/dvc-repository.ts'
import type { SelectedOutput } from '../repository/select-outputs.ts'
import type { Work } from './add-path.ts'
import { type NeededDirectory, type NeededObjects, neededObjects } from './needed-objects.ts'
import { failedTransfer } from './failed-transfer.ts'
import { isFromRepository } from './import-path.ts'

export interface Pushed {
  remote: string
  /** Objects that the remote did not have. */
  objects: number
  sizeBytes: number
}

/**
 * Sends the objects of outputs to a remote that lacks them. A manifest goes last, and only when the
 * remote has all files of its directory: whoever finds it can rely on it. Errors: `conflict` with
 * what could not be sent; everything else was.
 */
export async function pushOutputs(
  repository: DvcRepository,
  selected: readonly SelectedOutput[],
  remote: Remote,
  work: Work,
): Promise<Pushed> {
  const pushed: Pushed = { remote: remote.name, objects: 0, sizeBytes: 0 }
  const failures: TransferFailure[] = []
  const pushable = selected.filter(({ output }) => output.pushed && !isFromRepository(output))
  for (const needed of neededObjects(repository, pushable)) {
    failures.push(...(await pushNeeded(repository, needed, remote, work, pushed)))
  }
  if (failures.length > 0) throw failedTransfer('sent to', remote, failures)
  return pushed
}

async function pushNeeded(
  repository: DvcRepository,
  needed: NeededObjects,
  remote: Remote,
  work: Work,
  pushed: Pushed,
): Promise<TransferFailure[]> {
  const complete = new CompleteManifests(repository.temporary, remote.name)
  const manifests = needed.directories.map(({ digest }) => digest)
  const unseen = new Set(await remote.missing(manifests, needed.algorithm, work.signal))
  const open = needed.directories.filter(
    ({ digest }) => unseen.has(digest) || !isSettled(digest, remote, complete),
  )
  const asked = new Set([
    ...needed.files,
    ...open.flatMap(({ members, meant }) =>
      remote.manifests === 'proven' ? meant : (members ?? []),
    ),
  ])
  const lacking = new Set(await remote.missing([...asked], needed.algorithm, work.signal))
  const wanted = new Set([...needed.files, ...open.flatMap(({ meant }) => meant)])
  const files = [...lacking].filter((digest) => wanted.has(digest))
  const send = sender(repository, needed, remote, work, pushed, files.length)
  const failures = await send(files)
  const failed = new Set(failures.map(({ digest }) => digest))
  // What was not meant, or could not be sent, is still lacking.
  const absent = new Set([...lacking].filter((digest) => !wanted.has(digest) || failed.has(digest)))
  const whole = open.filter((directory) => isWhole(directory, absent, remote))
  const unsent = whole.map(({ digest }) => digest).filter((digest) => unseen.has(digest))
  failures.push(...(await send(unsent)))
  if (failures.length === 0) for (const { digest } of whole) complete.add(digest)
  for (const { digest, members } of open) {
    if (members === undefined) failures.push(notHere(digest))
  }
  return failures
}

/** Whether a manifest that the remote has can be relied on. */
function isSettled(digest: string, { manifests }: Remote, complete: CompleteManifests): boolean {
  return manifests === 'proven' || (manifests === 'remembered' && complete.has(digest))
}

/** A Gyre server keeps a manifest aside until all is there, so it can only be sent too often. */
function isWhole(
  { members, meant }: NeededDirectory,
  absent: ReadonlySet<string>,
  remote: Remote,
): boolean {
  if (members === undefined) return false
  if (remote.manifests === 'proven') return meant.every((digest) => !absent.has(digest))
  return members.every((digest) => !absent.has(digest))
}

function sender(
  { cache }: DvcRepository,
  { algorithm }: NeededObjects,
  remote: Remote,
  { signal, onProgress }: Work,
  pushed: Pushed,
  total: number,
): (digests: readonly string[]) => Promise<TransferFailure[]> {
  return async (digests) => {
    if (digests.length === 0) return []
    const transfer: Transfer = {
      digests,
      algorithm,
      cache,
      signal,
      onObjects(count, bytes) {
        pushed.objects += count
        pushed.sizeBytes += bytes
        onProgress?.(pushed.objects, Math.max(total, pushed.objects), pushed.sizeBytes)
      },
    }
    return remote.upload(transfer)
  }
}

function notHere(digest: string): TransferFailure {
  return { digest, reason: 'missing', message: 'Its manifest is not in the cache here.' }
}
