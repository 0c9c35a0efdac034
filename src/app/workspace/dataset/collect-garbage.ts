import { readdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { GyreError } from '#kernel/errors'
import type { Remote } from '../remotes/remote.ts'
import { type DvcRepository, openRepository } from '../repository/dvc-repository.ts'
import { findOutputs } from '../repository/find-outputs.ts'
import type { Algorithm } from '../repository/object-cache.ts'
import { withRepositoryLock } from '../repository/repository-lock.ts'
import { commitsOf, outputsAt, requireGit, type RevisionScope } from '../repository/revisions.ts'
import { isDirectoryDigest, type TrackedOutput } from '../repository/tracked-output.ts'

export interface Garbage {
  /** Where it lies. */
  place: string
  objects: number
  sizeBytes: number
  kept: number
  /** Whether it was removed, and not only found. */
  removed: boolean
  /** Some of it: digests with their sizes, the largest first. */
  examples: { digest: string; sizeBytes: number }[]
}

export interface GarbageRequest {
  repository: DvcRepository
  /** What is needed besides the work tree. */
  scope: RevisionScope
  /** Other repositories that use the same cache or remote. */
  others: readonly string[]
  /** Undefined: the cache. */
  remote: Remote | undefined
  remove: boolean
  /** Whether nobody else uses a cache that lies elsewhere. */
  alone: boolean
  signal: AbortSignal
}

const examplesTold = 10
const algorithms = ['md5', 'md5-dos2unix'] as const

/**
 * Finds objects that nothing in the scope needs, and removes them if asked to. Needed is what the work
 * tree needs, and every commit of the scope, here and in the other repositories. Errors: `conflict`
 * when that cannot be known, or when others may need what lies there: nothing is removed then.
 */
export async function collectGarbage(request: GarbageRequest): Promise<Garbage> {
  const { repository, remote } = request
  return withRepositoryLock(repository, async () => {
    if (remote === undefined) refuseShared(request)
    const needed = await neededBy(repository, request.scope)
    for (const directory of request.others) {
      const other = await openRepository(directory)
      const more = await neededBy(other, request.scope)
      for (const algorithm of algorithms) {
        for (const digest of more[algorithm]) needed[algorithm].add(digest)
      }
    }
    return sweep(request, needed)
  })
}

function refuseShared({ repository, others, alone }: GarbageRequest): void {
  const inside = relative(repository.root, repository.cache.directory)
  if (!inside.startsWith('..') || others.length > 0 || alone) return
  throw new GyreError({
    code: 'conflict',
    public: `The cache ${repository.cache.directory} lies outside of this repository: others may use it. Name them with --project PATH, or say --alone.`,
  })
}

type Needed = Record<Algorithm, Set<string>>

async function neededBy(repository: DvcRepository, scope: RevisionScope): Promise<Needed> {
  const needed: Needed = { md5: new Set(), 'md5-dos2unix': new Set() }
  addNeeded(repository, await findOutputs(repository), needed, 'the work tree')
  if (repository.git === undefined) return needed
  for (const commit of await commitsOf(requireGit(repository), scope)) {
    addNeeded(
      repository,
      await outputsAt(repository, commit),
      needed,
      `commit ${commit.slice(0, 12)}`,
    )
  }
  return needed
}

function addNeeded(
  { cache }: DvcRepository,
  outputs: readonly TrackedOutput[],
  needed: Needed,
  where: string,
): void {
  for (const { digest, algorithm, cached, path } of outputs) {
    if (digest === undefined || !cached || needed[algorithm].has(digest)) continue
    needed[algorithm].add(digest)
    if (!isDirectoryDigest(digest)) continue
    if (!cache.has(digest, algorithm)) throw unknownMembers(path, digest, where)
    for (const { md5 } of cache.manifest(digest, algorithm)) needed[algorithm].add(md5)
  }
}

function unknownMembers(path: string, digest: string, where: string): GyreError {
  return new GyreError({
    code: 'conflict',
    public: `${where} needs ${path}, whose manifest ${digest} is not in the cache, so nobody can tell which objects it needs. Get it first with gyre data fetch --all-commits, or narrow the scope with --workspace. Nothing was removed.`,
  })
}

async function sweep(request: GarbageRequest, needed: Needed): Promise<Garbage> {
  const { repository, remote, remove, signal } = request
  const place = remote?.name ?? repository.cache.directory
  const garbage: Garbage = {
    place,
    objects: 0,
    sizeBytes: 0,
    kept: 0,
    removed: remove,
    examples: [],
  }
  for (const algorithm of algorithms) {
    const unneeded: string[] = []
    for await (const object of listed(request, algorithm)) {
      if (needed[algorithm].has(object.digest)) garbage.kept++
      else {
        unneeded.push(object.digest)
        note(garbage, object)
      }
    }
    // Manifests go first: one that is left promises files that are gone.
    const inOrder = [
      ...unneeded.filter(isDirectoryDigest),
      ...unneeded.filter((digest) => !isDirectoryDigest(digest)),
    ]
    if (!remove) continue
    if (remote !== undefined) await remote.remove?.(inOrder, algorithm, signal)
    else
      for (const digest of inOrder)
        rmSync(repository.cache.place(digest, algorithm), { force: true })
  }
  if (remove && remote === undefined) removeDrafts(repository)
  return garbage
}

function listed({ repository, remote, signal }: GarbageRequest, algorithm: Algorithm) {
  if (remote === undefined) return repository.cache.list(algorithm)
  if (remote.list !== undefined) return remote.list(algorithm, signal)
  throw new GyreError({
    code: 'invalid',
    public: `${remote.name} cannot say what it has, so nothing can be collected there.${remote.manifests === 'proven' ? ' A Gyre server does it itself: gyre gc.' : ''}`,
  })
}

function note(garbage: Garbage, object: { digest: string; sizeBytes: number }): void {
  garbage.objects++
  garbage.sizeBytes += object.sizeBytes
  const { examples } = garbage
  if (examples.length === examplesTold && object.sizeBytes <= (examples.at(-1)?.sizeBytes ?? 0))
    return
  examples.push(object)
  examples.sort((a, b) => b.sizeBytes - a.sizeBytes)
  examples.length = Math.min(examples.length, examplesTold)
}

/** What processes that were killed left behind; we hold the lock, but others may share the cache. */
function removeDrafts({ cache, temporary }: DvcRepository): void {
  for (const directory of [join(cache.directory, 'files', 'gyre-drafts'), temporary]) {
    for (const name of namesIn(directory)) {
      const pid = Number(/^(?:gyre-drafts-)?(\d+)-/.exec(name)?.[1] ?? 0)
      if (pid > 0 && !isAlive(pid)) {
        rmSync(join(directory, name), { recursive: true, force: true })
      }
    }
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw thrown
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}
