import { join } from 'node:path'
import { addPaths } from '#app/workspace/dataset/add-path'
import { checkOutOutputs } from '#app/workspace/dataset/check-out-outputs'
import { statusOf } from '#app/workspace/dataset/status-of'
import { openRepository } from '#app/workspace/repository/dvc-repository'
import { findOutputs } from '#app/workspace/repository/find-outputs'
import { selectOutputs } from '#app/workspace/repository/select-outputs'

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
