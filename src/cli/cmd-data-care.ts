import { resolve } from 'node:path'
import type { Command } from 'commander'
import { checkCache, type CacheCheck } from '#app/workspace/dataset/check-cache'
import { collectGarbage, type Garbage } from '#app/workspace/dataset/collect-garbage'
import { cacheUsage, usageOf } from '#app/workspace/dataset/usage-of'
import { recordedEntries } from '#app/workspace/dataset/status-of'
import { openRepository } from '#app/workspace/repository/dvc-repository'
import { isInParts } from '#app/workspace/repository/select-outputs'
import { withRemote } from './cmd-data-remotes.ts'
import { select } from './cmd-data-tree.ts'
import { workOf } from './progress.ts'
import { collected, type ExitCode, type Invocation, localAction, localCommand } from './command.ts'
import { formatBytes, formatCount, type Output } from './output.ts'

const differencesFound: ExitCode = 2

/** Commands that look after the cache. They need no server. */
export function registerDataCare(data: Command): void {
  registerLs(data)
  registerDu(data)
  registerGc(data)
  registerFsck(data)
}

function registerLs(data: Command): void {
  localCommand(
    data,
    'ls [targets...]',
    'What is tracked here; of a target that is a directory, its files; no server',
  ).action(
    localAction(async (invocation, targets: string[]) => {
      const { repository, selected } = await select(invocation, targets)
      const { out } = invocation
      if (targets.length === 0) {
        const outputs = usageOf(
          repository,
          selected.map(({ output }) => output),
        )
        out.result(outputs, () =>
          out.table(
            ['path', { title: 'files', align: 'right' }, { title: 'size', align: 'right' }, 'by'],
            outputs.map(({ path, files, sizeBytes, stage, file }) => [
              path,
              files === null ? '' : formatCount(files),
              sizeBytes === null ? '' : formatBytes(sizeBytes),
              stage === null ? file : `${file}: ${stage}`,
            ]),
          ),
        )
        return
      }
      const files = selected.flatMap(({ output, parts }) =>
        (recordedEntries(repository, output) ?? [])
          .filter((entry) => isInParts(entry.path, parts))
          .map(({ path, md5 }) => ({
            path: path === '' ? output.path : `${output.path}/${path}`,
            md5,
          })),
      )
      out.result(files, () => files.forEach(({ path }) => out.line(path)))
    }),
  )
}

function registerDu(data: Command): void {
  localCommand(data, 'du [targets...]', 'What tracked data takes in the cache; no server').action(
    localAction(async (invocation, targets: string[]) => {
      const { repository, selected } = await select(invocation, targets)
      const outputs = usageOf(
        repository,
        selected.map(({ output }) => output),
      )
      const cache = cacheUsage(repository)
      const { out } = invocation
      out.result({ outputs, cache }, () => {
        const right = (title: string) => ({ title, align: 'right' as const })
        out.table(
          ['path', right('files'), right('in the cache'), right('its own'), right('missing')],
          outputs.map(({ path, files, cachedBytes, ownBytes, missingObjects }) => [
            path,
            files === null ? '' : formatCount(files),
            formatBytes(cachedBytes),
            formatBytes(ownBytes),
            missingObjects === null ? 'all' : formatCount(missingObjects),
          ]),
        )
        out.line(
          `The cache holds ${formatCount(cache.objects)} objects, ${formatBytes(cache.sizeBytes)}.`,
        )
      })
    }),
  )
}

interface GcOptions {
  workspace?: boolean
  allBranches?: boolean
  allTags?: boolean
  rev?: string[]
  project?: string[]
  alone?: boolean
  cloud?: boolean
  remote?: string
  force?: boolean
}

function registerGc(data: Command): void {
  localCommand(
    data,
    'gc',
    'Find objects that no commit needs, and remove them with --force; no server',
  )
    .option('-w, --workspace', 'only the work tree counts as need')
    .option('-a, --all-branches', 'the tips of all branches count')
    .option('-T, --all-tags', 'all tags count')
    .option('--rev <revision>', 'this commit counts, many times', collected)
    .option(
      '-p, --project <path>',
      'another repository that uses this cache, many times',
      collected,
    )
    .option('--alone', 'nobody else uses a cache that lies outside of this repository')
    .option('-c, --cloud', 'in the remote instead of the cache')
    .option('-r, --remote <name>', 'in this remote')
    .option('-f, --force', 'remove what was found')
    .action(
      localAction(async (invocation, options: GcOptions) => {
        const garbage = await collect(invocation, options)
        invocation.out.result(garbage, () => tellGarbage(invocation.out, garbage))
      }),
    )
}

async function collect(invocation: Invocation, options: GcOptions): Promise<Garbage> {
  const { directory, signal } = invocation
  const repository = await openRepository(directory)
  const narrowed = [options.workspace, options.allBranches, options.allTags, options.rev]
  const request = {
    repository,
    scope: {
      allCommits: narrowed.every((option) => option === undefined),
      allBranches: options.allBranches,
      allTags: options.allTags,
      revisions: options.rev,
    },
    others: (options.project ?? []).map((path) => resolve(directory, path)),
    remove: options.force === true,
    alone: options.alone === true,
    signal,
  }
  if (options.cloud !== true && options.remote === undefined) {
    return collectGarbage({ ...request, remote: undefined })
  }
  return withRemote(invocation, repository, options, (remote) =>
    collectGarbage({ ...request, remote }),
  )
}

function tellGarbage(out: Output, garbage: Garbage): void {
  const { place, objects, sizeBytes, kept, removed, examples } = garbage
  const found = `${formatCount(objects)} of ${formatCount(objects + kept)} objects in ${place}, ${formatBytes(sizeBytes)}`
  if (objects === 0) return out.line(`Nothing in ${place} is garbage: ${formatCount(kept)} kept.`)
  if (removed) return out.line(`Removed ${found}.`)
  out.line(`${found} are needed by nothing. Remove them with --force. The largest:`)
  for (const { digest, sizeBytes: bytes } of examples)
    out.line(`  ${digest}  ${formatBytes(bytes)}`)
}

function registerFsck(data: Command): void {
  localCommand(
    data,
    'fsck',
    'Read the whole cache and compare it with its names; exit code 2 for bad objects; no server',
  )
    .option('--repair', 'set bad objects aside, and make them anew where the work tree has them')
    .action(
      localAction(async (invocation, options: { repair?: boolean }) => {
        const { repository, selected } = await select(invocation, [])
        const check = await checkCache(
          repository,
          selected,
          options.repair === true,
          workOf(invocation, 'reading'),
        )
        invocation.out.result(check, () => tellCheck(invocation.out, check))
        return check.bad.every(({ repaired }) => repaired) ? 0 : differencesFound
      }),
    )
}

function tellCheck(out: Output, check: CacheCheck): void {
  const { objects, sizeBytes, bad, protectedAgain, missing } = check
  for (const { digest, problem, repaired } of bad) {
    out.line(`${out.tone('bad', repaired ? 'repaired' : 'bad')} ${digest}: ${problem}`)
  }
  for (const { path, objects: count } of missing) {
    out.line(`${path}: the cache lacks ${formatCount(count)} objects (gyre data fetch)`)
  }
  if (protectedAgain > 0) out.line(`${formatCount(protectedAgain)} objects are read-only again.`)
  out.line(`${formatCount(objects)} objects, ${formatBytes(sizeBytes)}; ${bad.length} bad.`)
}
