import { resolve } from 'node:path'
import type { Command } from 'commander'
import { checkOutOutputs } from '#app/workspace/dataset/check-out-outputs'
import { type Fetched, fetchOutputs } from '#app/workspace/dataset/fetch-outputs'
import { fetchImported, isFromRepository } from '#app/workspace/dataset/import-path'
import { type NeededObjects, neededObjects } from '#app/workspace/dataset/needed-objects'
import { pushOutputs } from '#app/workspace/dataset/push-outputs'
import { type OpenedRemote, openRemote } from '#app/workspace/remotes/open-remote'
import type { DvcRepository } from '#app/workspace/repository/dvc-repository'
import { commitsOf, outputsAt } from '#app/workspace/repository/revisions'
import type { SelectedOutput } from '#app/workspace/repository/select-outputs'
import { select, tellCheckedOut } from './cmd-data-tree.ts'
import { workOf } from './progress.ts'
import { collected, type Invocation, localAction, localCommand } from './command.ts'
import { findToken } from './connection.ts'
import { formatBytes, formatCount } from './output.ts'

interface RemoteOptions {
  remote?: string
}

interface TransferOptions extends RemoteOptions {
  allCommits?: boolean
  allBranches?: boolean
  allTags?: boolean
  rev?: string[]
}

/** Commands on remotes: those of `.dvc/config`, a Gyre server among them. */
export function registerDataRemotes(data: Command): void {
  registerPush(data)
  registerFetch(data)
  registerPull(data)
}

function registerPush(data: Command): void {
  scopedCommand(data, 'push [targets...]', 'Send what the remote lacks, from the cache').action(
    localAction(async (invocation, targets: string[], options: TransferOptions) => {
      const { repository, selected } = await selectInScope(invocation, targets, options)
      const pushed = await withRemote(invocation, repository, options, (remote) =>
        pushOutputs(repository, selected, remote, workOf(invocation, 'pushing')),
      )
      invocation.out.result(pushed, () =>
        invocation.out.line(
          pushed.objects === 0
            ? `${pushed.remote} has everything.`
            : `${formatCount(pushed.objects)} objects, ${formatBytes(pushed.sizeBytes)} to ${pushed.remote}`,
        ),
      )
    }),
  )
}

function registerFetch(data: Command): void {
  scopedCommand(data, 'fetch [targets...]', 'Get what the cache lacks, from the remote').action(
    localAction(async (invocation, targets: string[], options: TransferOptions) => {
      const { repository, selected } = await selectInScope(invocation, targets, options)
      const fetched = await fetchSelected(invocation, repository, selected, options)
      invocation.out.result(fetched, () => tellFetched(invocation, fetched))
    }),
  )
}

function registerPull(data: Command): void {
  remoteCommand(data, 'pull [targets...]', 'Fetch, then make the work tree what was recorded')
    .option('-f, --force', 'give up changes that are nowhere else')
    .action(
      localAction(
        async (invocation, targets: string[], options: RemoteOptions & { force?: boolean }) => {
          const { repository, selected } = await select(invocation, targets)
          const fetched = await fetchSelected(invocation, repository, selected, options)
          const outputs = await checkOutOutputs(repository, selected, {
            ...workOf(invocation, 'checking out'),
            force: options.force === true,
          })
          invocation.out.result({ fetched, outputs }, () => {
            tellFetched(invocation, fetched)
            tellCheckedOut(invocation.out, outputs)
          })
        },
      ),
    )
}

function remoteCommand(data: Command, nameAndArguments: string, summary: string): Command {
  return localCommand(data, nameAndArguments, summary).option(
    '-r, --remote <name>',
    'a remote of .dvc/config, a URL or a directory; else the default one',
  )
}

function scopedCommand(data: Command, nameAndArguments: string, summary: string): Command {
  return remoteCommand(data, nameAndArguments, summary)
    .option('-A, --all-commits', 'what any commit tracks as well')
    .option('-a, --all-branches', 'what the tips of branches track as well')
    .option('-T, --all-tags', 'what tags track as well')
    .option('--rev <revision>', 'what this commit tracks as well, many times', collected)
}

/** The outputs of the work tree that targets name, and all of the commits that are asked for. */
async function selectInScope(
  invocation: Invocation,
  targets: readonly string[],
  { rev, ...scope }: TransferOptions,
): Promise<{ repository: DvcRepository; selected: SelectedOutput[] }> {
  const { repository, selected } = await select(invocation, targets)
  const commits =
    repository.git === undefined
      ? []
      : await commitsOf(repository.git, { ...scope, revisions: rev })
  const earlier: SelectedOutput[] = []
  for (const commit of commits) {
    const outputs = await outputsAt(repository, commit)
    earlier.push(...outputs.map((output) => ({ output, parts: undefined })))
  }
  return { repository, selected: [...selected, ...earlier] }
}

async function fetchSelected(
  invocation: Invocation,
  repository: DvcRepository,
  selected: readonly SelectedOutput[],
  options: RemoteOptions,
): Promise<Fetched> {
  const work = workOf(invocation, 'fetching')
  const tokenFor = (url: string) => findToken(undefined, url, invocation)
  for (const { output } of selected.filter((each) => isFromRepository(each.output))) {
    const [needed] = neededObjects(repository, [{ output, parts: undefined }])
    if (needed === undefined || isHere(repository, needed)) continue
    await fetchImported(repository, output, { ...work, tokenFor })
  }
  const own = selected.filter(({ output }) => !isFromRepository(output))
  if (own.length === 0) return { remote: 'their repositories', objects: 0, sizeBytes: 0 }
  return withRemote(invocation, repository, options, (remote) =>
    fetchOutputs(repository, own, remote, work),
  )
}

function isHere({ cache }: DvcRepository, { algorithm, files, directories }: NeededObjects) {
  const digests = [...files, ...directories.flatMap(({ meant }) => meant)]
  return (
    directories.every(({ members }) => members !== undefined) &&
    cache.missing(digests, algorithm).length === 0
  )
}

export async function withRemote<T>(
  invocation: Invocation,
  { config }: DvcRepository,
  { remote: name }: RemoteOptions,
  work: (remote: OpenedRemote) => Promise<T>,
): Promise<T> {
  const remote = await openRemote(config, {
    name: name?.startsWith('.') === true ? resolve(invocation.directory, name) : name,
    tokenFor: (url) => findToken(undefined, url, invocation),
    signal: invocation.signal,
  })
  try {
    return await work(remote)
  } finally {
    remote.close()
  }
}

function tellFetched({ out }: Invocation, { remote, objects, sizeBytes }: Fetched): void {
  out.line(
    objects === 0
      ? 'The cache has everything.'
      : `${formatCount(objects)} objects, ${formatBytes(sizeBytes)} from ${remote}`,
  )
}
