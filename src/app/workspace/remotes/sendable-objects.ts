import { FileWorkers } from '../files/file-workers.ts'
import { inBatches } from '../files/in-batches.ts'
import type { Algorithm } from '../repository/object-cache.ts'
import { isDirectoryDigest } from '../repository/tracked-output.ts'
import { sizesOf } from './object-intake.ts'
import type { Transfer, TransferFailure } from './remote.ts'

/**
 * The objects of a transfer that are in the cache and are what their names say, with their sizes, and
 * what is wrong with the others. For remotes that take whatever they are sent.
 */
export async function sendableObjects(
  transfer: Transfer,
): Promise<{ sizes: Map<string, number>; failures: TransferFailure[] }> {
  const { sizes, failures } = sizesOf(transfer.cache, transfer)
  const digests = [...sizes.keys()]
  const files = digests.filter((digest) => !isDirectoryDigest(digest))
  const changed = [
    ...(await changedOf(transfer, files, transfer.algorithm, sizes)),
    // Manifests are named by the md5 of their bytes, whatever the algorithm of their files.
    ...(await changedOf(transfer, digests.filter(isDirectoryDigest), 'md5', sizes)),
  ]
  for (const digest of changed) {
    sizes.delete(digest)
    const message = 'What the cache has of it is something else.'
    failures.push({ digest, reason: 'changed', message })
  }
  return { sizes, failures }
}

async function changedOf(
  { cache, algorithm, signal }: Transfer,
  digests: readonly string[],
  hashed: Algorithm,
  sizes: ReadonlyMap<string, number>,
): Promise<string[]> {
  if (digests.length === 0) return []
  const changed: string[] = []
  const sizeOf = (row: number): number => sizes.get(digests[row] ?? '') ?? 0
  const workers = FileWorkers.open(
    digests.length,
    digests.reduce((sum, _, row) => sum + sizeOf(row), 0),
  )
  try {
    await inBatches(workers, {
      rows: digests.map((_, row) => row),
      sizeOf,
      taskOf: (rows) => ({
        kind: 'verify',
        algorithm: hashed,
        places: rows.map((row) => cache.place(digests[row] ?? '', algorithm)),
      }),
      signal,
      onResult(rows, { failures }) {
        for (const { index } of failures) changed.push(digests[rows[index] ?? 0] ?? '')
      },
    })
  } finally {
    await workers.close()
  }
  return changed
}
