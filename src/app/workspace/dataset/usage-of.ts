import type { DvcRepository } from '../repository/dvc-repository.ts'
import type { TrackedOutput } from '../repository/tracked-output.ts'
import { recordedEntries } from './status-of.ts'

export interface OutputUsage {
  path: string
  file: string
  stage: string | null
  digest: string | null
  files: number | null
  sizeBytes: number | null
  /** Bytes of it in the cache, each object once. */
  cachedBytes: number
  /** Bytes in the cache that no other output of the work tree needs. */
  ownBytes: number
  /** Objects that the cache lacks; null: even the manifest. */
  missingObjects: number | null
}

/** What tracked outputs are and what they take in the cache. */
export function usageOf(
  repository: DvcRepository,
  outputs: readonly TrackedOutput[],
): OutputUsage[] {
  const users = new Map<string, number>()
  const objectsOf = outputs.map((output) => [
    ...new Set(recordedEntries(repository, output)?.map(({ md5 }) => `${output.algorithm} ${md5}`)),
  ])
  for (const objects of objectsOf) {
    for (const object of objects) users.set(object, (users.get(object) ?? 0) + 1)
  }
  return outputs.map((output, index) => {
    const sizes = (objectsOf[index] ?? []).map((object) => {
      const [, digest = ''] = object.split(' ')
      return { object, bytes: repository.cache.sizeOf(digest, output.algorithm) }
    })
    const sum = (chosen: typeof sizes) =>
      chosen.reduce((total, { bytes }) => total + (bytes ?? 0), 0)
    const isKnown = output.digest !== undefined && recordedEntries(repository, output) !== undefined
    return {
      path: output.path,
      file: output.file,
      stage: output.stage ?? null,
      digest: output.digest ?? null,
      files: output.fileCount ?? (output.digest === undefined ? null : 1),
      sizeBytes: output.sizeBytes ?? null,
      cachedBytes: sum(sizes),
      ownBytes: sum(sizes.filter(({ object }) => users.get(object) === 1)),
      missingObjects: isKnown ? sizes.filter(({ bytes }) => bytes === undefined).length : null,
    }
  })
}

/** The whole cache. */
export function cacheUsage({ cache }: DvcRepository): { objects: number; sizeBytes: number } {
  const usage = { objects: 0, sizeBytes: 0 }
  for (const algorithm of ['md5', 'md5-dos2unix'] as const) {
    for (const { sizeBytes } of cache.list(algorithm)) {
      usage.objects++
      usage.sizeBytes += sizeBytes
    }
  }
  return usage
}
