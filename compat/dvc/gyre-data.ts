import { join } from 'node:path'
import { addPaths } from '#app/workspace/dataset/add-path'
import { checkOutOutputs } from '#app/workspace/dataset/check-out-outputs'
import { collectGarbage, type Garbage } from '#app/workspace/dataset/collect-garbage'
import { fetchOutputs } from '#app/workspace/dataset/fetch-outputs'
import { fetchImported, importPath } from '#app/workspace/dataset/import-path'
import { pushOutputs } from '#app/workspace/dataset/push-outputs'
import { statusOf } from '#app/workspace/dataset/status-of'
import { type OpenedRemote, openRemote } from '#app/workspace/remotes/open-remote'
import { type DvcRepository, openRepository } from '#app/workspace/repository/dvc-repository'
import { findOutputs } from '#app/workspace/repository/find-outputs'
import { type SelectedOutput, selectOutputs } from '#app/workspace/repository/select-outputs'

const { signal } = new AbortController()

/* What the commands of gyre do, in this process. */

export async function gyreAdd(directory: string, targets: readonly string[]): Promise<void> {
  const repository = await openRepository(directory)
  const places = targets.map((target) => join(directory, target))
  await addPaths(repository, places, { signal })
}

/** States by path, without those that are unchanged. */
export async function gyreStatus(
  directory: string,
  targets: readonly string[] = [],
): Promise<Record<string, string>> {
  const repository = await openRepository(directory)
  const outputs = await findOutputs(repository)
  const selected = selectOutputs(repository, outputs, targets, directory)
  const statuses = await statusOf(repository, selected, { signal })
  return Object.fromEntries(
    statuses.filter(({ state }) => state !== 'unchanged').map(({ path, state }) => [path, state]),
  )
}

export async function gyreCheckout(
  directory: string,
  targets: readonly string[] = [],
): Promise<void> {
  const repository = await openRepository(directory)
  const outputs = await findOutputs(repository)
  const selected = selectOutputs(repository, outputs, targets, directory)
  await checkOutOutputs(repository, selected, { signal, force: true })
}

export async function gyrePush(
  directory: string,
  targets: readonly string[] = [],
): Promise<{ objects: number }> {
  return withRemote(directory, targets, (repository, selected, remote) =>
    pushOutputs(repository, selected, remote, { signal }),
  )
}

/** Fetches and checks out. */
export async function gyrePull(directory: string, targets: readonly string[] = []): Promise<void> {
  await withRemote(directory, targets, (repository, selected, remote) =>
    fetchOutputs(repository, selected, remote, { signal }),
  )
  await gyreCheckout(directory, targets)
}

/** What of the remote the work tree does not need. */
export async function gyreGarbage(directory: string, remove: boolean): Promise<Garbage> {
  return withRemote(directory, [], (repository, _selected, remote) =>
    collectGarbage({
      repository,
      scope: {
        allCommits: false,
        allBranches: undefined,
        allTags: undefined,
        revisions: undefined,
      },
      others: [],
      remove,
      alone: true,
      signal,
      remote,
    }),
  )
}

async function withRemote<T>(
  directory: string,
  targets: readonly string[],
  work: (repository: DvcRepository, selected: SelectedOutput[], remote: OpenedRemote) => Promise<T>,
): Promise<T> {
  const repository = await openRepository(directory)
  const selected = selectOutputs(repository, await findOutputs(repository), targets, directory)
  const choice = { name: undefined, tokenFor: async () => undefined, signal }
  const remote = await openRemote(repository.config, choice)
  try {
    return await work(repository, selected, remote)
  } finally {
    remote.close()
  }
}

export async function gyreImport(
  directory: string,
  from: { source: string; path: string; destination: string; revision: string },
): Promise<void> {
  const request = { ...from, tokenFor: async () => undefined, signal }
  await importPath(await openRepository(directory), request)
}

/** Gets what was imported from where it came from, and checks it out. */
export async function gyreFetchImported(directory: string): Promise<void> {
  const repository = await openRepository(directory)
  for (const output of await findOutputs(repository)) {
    await fetchImported(repository, output, { tokenFor: async () => undefined, signal })
  }
  await gyreCheckout(directory)
}
