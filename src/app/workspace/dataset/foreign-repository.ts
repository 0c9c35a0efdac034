import { execFile } from 'node:child_process'
import { existsSync, lstatSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { GyreError, invalid } from '#kernel/errors'
import { openDirectoryRemote } from '../remotes/directory-remote.ts'
import { openRemote, type RemoteChoice } from '../remotes/open-remote.ts'
import { readConfig } from '../repository/config.ts'
import { type DvcRepository, openRepository } from '../repository/dvc-repository.ts'
import { findOutputs } from '../repository/find-outputs.ts'
import type { ObjectCache } from '../repository/object-cache.ts'
import { type SelectedOutput, selectOutputs } from '../repository/select-outputs.ts'
import type { Work } from './add-path.ts'
import { checkOutOutputs } from './check-out-outputs.ts'
import { fetchOutputs } from './fetch-outputs.ts'

const run = promisify(execFile)

export interface ForeignData extends Work, Omit<RemoteChoice, 'name'> {
  /** A Git repository: a URL, or a directory. */
  source: string
  revision: string | undefined
  /** In that repository, tracked by DVC or by Git. */
  path: string
  /** Where it is to lie; nothing may be there yet. */
  destination: string
  /** Takes the objects too; else they go again with the clone. */
  cache: ObjectCache | undefined
}

/**
 * Gets data of another repository at a commit, whole or not at all, and gives the commit. Errors:
 * `not_found` for what that repository does not have, `already_exists` for what would be overwritten.
 */
export async function getForeignData(request: ForeignData): Promise<{ commit: string }> {
  const { destination } = request
  if (existsSync(destination)) {
    throw new GyreError({
      code: 'already_exists',
      public: `There is something at ${destination}. Move it away, or choose another place with --out.`,
    })
  }
  const clone = await mkdtemp(join(dirname(destination), '.gyre-get-'))
  try {
    const commit = await cloneAt(request, clone)
    await bringData(request, clone)
    const got = join(clone, request.path)
    if (!existsSync(got)) {
      throw new GyreError({
        code: 'not_found',
        public: `${request.source} has no ${request.path} at ${commit.slice(0, 12)}.`,
      })
    }
    await rename(got, destination)
    return { commit }
  } finally {
    await rm(clone, { recursive: true, force: true })
  }
}

async function cloneAt({ source, revision, signal }: ForeignData, clone: string): Promise<string> {
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', args, { cwd: clone, signal })).stdout.trim()
  const depth = revision === undefined ? ['--depth', '1'] : []
  try {
    await git('clone', '--quiet', '--no-checkout', ...depth, '--', source, '.')
    await git('checkout', '--quiet', '--detach', ...(revision === undefined ? [] : [revision]))
    return await git('rev-parse', 'HEAD')
  } catch (thrown) {
    if (signal.aborted) throw thrown
    const said = (thrown as { stderr?: string }).stderr?.trim().split('\n').at(-1) ?? ''
    throw invalid(
      `${source} cannot be had${revision === undefined ? '' : ` at ${revision}`}: ${said}`,
    )
  }
}

/** Checks out what DVC tracks at the path, in the clone. What Git tracks is there already. */
async function bringData(request: ForeignData, clone: string): Promise<void> {
  if (lstatSync(join(clone, '.dvc'), { throwIfNoEntry: false })?.isDirectory() !== true) return
  const own = await openRepository(clone)
  const repository = { ...own, cache: request.cache ?? own.cache }
  const outputs = await findOutputs(repository)
  const isTracked = outputs.some(
    ({ path }) =>
      path === request.path ||
      request.path.startsWith(`${path}/`) ||
      path.startsWith(`${request.path}/`),
  )
  if (!isTracked) return
  const selected = selectOutputs(repository, outputs, [request.path], clone)
  await fetchFromAny(request, repository, selected)
  await checkOutOutputs(repository, selected, {
    signal: request.signal,
    onProgress: request.onProgress,
    force: true,
  })
}

/** From the cache of a repository on this machine, else from its remote. */
async function fetchFromAny(
  request: ForeignData,
  repository: DvcRepository,
  selected: readonly SelectedOutput[],
): Promise<void> {
  const { signal, onProgress } = request
  const isHere = existsSync(request.source)
  // Paths in a configuration are from where it lies, which is not the clone.
  const config = isHere
    ? readConfig(join(resolve(request.source), '.dvc'), process.env)
    : repository.config
  if (isHere && existsSync(config.cacheDirectory)) {
    const fetched = await fetchOutputs(
      repository,
      selected,
      await openDirectoryRemote(config.cacheDirectory),
      { signal, onProgress },
    ).catch((thrown: unknown) => thrown)
    if (!(fetched instanceof Error) || config.remoteNames.length === 0) {
      if (fetched instanceof Error) throw fetched
      return
    }
  }
  const remote = await openRemote(config, { ...request, name: undefined })
  try {
    await fetchOutputs(repository, selected, remote, { signal, onProgress })
  } finally {
    remote.close()
  }
}
