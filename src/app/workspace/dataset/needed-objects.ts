import type { DvcRepository } from '../repository/dvc-repository.ts'
import type { Algorithm } from '../repository/object-cache.ts'
import { isInParts, type SelectedOutput } from '../repository/select-outputs.ts'
import { isDirectoryDigest } from '../repository/tracked-output.ts'

/** A directory as objects. */
export interface NeededDirectory {
  /** Of the manifest. */
  digest: string
  /** The distinct md5s of its files; undefined: the manifest is not in the cache. */
  members: string[] | undefined
  /** Of those that are meant; all members unless only a part of the directory is. */
  meant: string[]
}

/** What outputs consist of, by algorithm. Each object once. */
export interface NeededObjects {
  algorithm: Algorithm
  files: string[]
  directories: NeededDirectory[]
}

/** The objects of outputs whose content the cache is to have. */
export function neededObjects(
  repository: DvcRepository,
  selected: readonly SelectedOutput[],
): NeededObjects[] {
  return (['md5', 'md5-dos2unix'] as const).flatMap((algorithm) => {
    const ours = selected.filter(
      ({ output }) =>
        output.algorithm === algorithm &&
        output.cached &&
        !output.cloud &&
        output.digest !== undefined,
    )
    if (ours.length === 0) return []
    const files = new Set<string>()
    const directories = new Map<string, NeededDirectory>()
    for (const { output, parts } of ours) {
      const digest = output.digest ?? ''
      if (!isDirectoryDigest(digest)) files.add(digest)
      else directories.set(digest, directoryOf(repository, digest, algorithm, parts))
    }
    return [{ algorithm, files: [...files], directories: [...directories.values()] }]
  })
}

function directoryOf(
  { cache }: DvcRepository,
  digest: string,
  algorithm: Algorithm,
  parts: readonly string[] | undefined,
): NeededDirectory {
  if (!cache.has(digest, algorithm)) return { digest, members: undefined, meant: [] }
  const entries = cache.manifest(digest, algorithm)
  const members = [...new Set(entries.map(({ md5 }) => md5))]
  if (parts === undefined) return { digest, members, meant: members }
  const meant = entries.filter(({ path }) => isInParts(path, parts)).map(({ md5 }) => md5)
  return { digest, members, meant: [...new Set(meant)] }
}
