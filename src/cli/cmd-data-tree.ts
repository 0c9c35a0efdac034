import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { addPaths, type TrackedPath } from '#app/workspace/dataset/add-path'
import { type CheckedOut, checkOutOutputs } from '#app/workspace/dataset/check-out-outputs'
import { type OutputStatus, statusOf } from '#app/workspace/dataset/status-of'
import {
  type DvcRepository,
  openOrMakeRepository,
  openRepository,
} from '#app/workspace/repository/dvc-repository'
import { findOutputs } from '#app/workspace/repository/find-outputs'
import { type SelectedOutput, selectOutputs } from '#app/workspace/repository/select-outputs'
import { GyreError } from '#kernel/errors'
import { compareWithLatest } from './cmd-data-versions.ts'
import {
  type ExitCode,
  type Invocation,
  localAction,
  localCommand,
  openSession,
  serverCommand,
  type ServerOptions,
} from './command.ts'
import { formatBytes, formatCount, type Output } from './output.ts'
import { workOf } from './progress.ts'

const differencesFound: ExitCode = 2
/** Changes told one by one; --json tells them all. */
const changesTold = 20

/** Commands on the work tree and the cache. They need no server. */
export function registerDataTree(data: Command): void {
  registerAdd(data)
  registerStatus(data)
  registerCheckout(data)
}

function registerAdd(data: Command): void {
  localCommand(
    data,
    'add <paths...>',
    'Track files or directories, or take over their changes, as dvc add does; no server',
  )
    .option('--glob', 'take the paths as patterns')
    .action(
      localAction(async (invocation, paths: string[], options: { glob?: boolean }) => {
        const { directory, out } = invocation
        const given = options.glob === true ? matching(paths, directory) : paths
        const places = given.map((path) => resolve(directory, path))
        const repository = await openOrMakeRepository(directory)
        const tracked = await addPaths(repository, places, workOf(invocation, 'adding'))
        out.result(tracked, () => tellTracked(out, tracked))
      }),
    )
}

function matching(patterns: readonly string[], directory: string): string[] {
  const found = globSync([...patterns], { cwd: directory, exclude: ['**/*.dvc', '**/.gitignore'] })
  if (found.length > 0) return found
  throw new GyreError({ code: 'not_found', public: `Nothing matches ${patterns.join(' ')}.` })
}

export function tellTracked(out: Output, tracked: readonly TrackedPath[]): void {
  for (const { path, dvcFile, files, sizeBytes, changed, stored } of tracked) {
    const state = changed ? out.tone('strong', 'tracked') : 'unchanged'
    const size = sizeBytes === undefined ? '' : `, ${formatBytes(sizeBytes)}`
    out.line(
      `${state} ${path}: ${formatCount(files)} files${size}, ${formatCount(stored)} new in the cache (${dvcFile})`,
    )
  }
}

function registerStatus(data: Command): void {
  serverCommand(
    data,
    'status [targets...]',
    'Whether the work tree is what was recorded; exit code 2 when not; no server',
  )
    .option('--dataset <name>', 'compare with the latest version of a data set on the server')
    .action(
      localAction(async (invocation, targets: string[], options: StatusOptions) => {
        if (options.dataset !== undefined) {
          const session = await openSession(invocation, options)
          return compareWithLatest(session, options.dataset, targets[0])
        }
        const { repository, selected } = await select(invocation, targets)
        const outputs = await statusOf(repository, selected, workOf(invocation, 'hashing'))
        const changed = outputs.filter(({ state }) => state !== 'unchanged')
        const { out } = invocation
        out.result({ clean: changed.length === 0, outputs }, () =>
          tellStatus(out, outputs, changed),
        )
        return changed.length === 0 ? 0 : differencesFound
      }),
    )
}

interface StatusOptions extends ServerOptions {
  dataset?: string
}

function tellStatus(
  out: Output,
  outputs: readonly OutputStatus[],
  changed: readonly OutputStatus[],
): void {
  for (const { path, state, changes, missingObjects } of changed) {
    const lacks = missingObjects === 0 ? '' : ` (the cache lacks ${formatCount(missingObjects)})`
    out.line(`${out.tone('strong', state.padEnd(12))} ${path}${lacks}`)
    for (const { change, path: file, from } of changes.slice(0, changesTold)) {
      out.line(`  ${change.padEnd(9)} ${from === undefined ? '' : `${from} → `}${file}`)
    }
    if (changes.length > changesTold) {
      out.line(`  and ${formatCount(changes.length - changesTold)} more; --json has all`)
    }
  }
  if (outputs.length === 0) out.line('Nothing is tracked here.')
  else if (changed.length === 0) out.line(`${formatCount(outputs.length)} tracked, all unchanged.`)
}

function registerCheckout(data: Command): void {
  localCommand(
    data,
    'checkout [targets...]',
    'Make the work tree what was recorded, from the cache; no server',
  )
    .option('-f, --force', 'give up changes that are nowhere else')
    .action(
      localAction(async (invocation, targets: string[], options: { force?: boolean }) => {
        const { repository, selected } = await select(invocation, targets)
        const done = await checkOutOutputs(repository, selected, {
          ...workOf(invocation, 'checking out'),
          force: options.force === true,
        })
        invocation.out.result(done, () => tellCheckedOut(invocation.out, done))
      }),
    )
}

export function tellCheckedOut(out: Output, done: readonly CheckedOut[]): void {
  const changed = done.filter(({ state }) => state !== 'unchanged')
  for (const { path, state, written, removed } of changed) {
    out.line(
      state === 'not recorded'
        ? `${state} ${path}: run the pipeline that makes it`
        : `${state} ${path}: ${formatCount(written)} files written, ${formatCount(removed)} removed`,
    )
  }
  if (changed.length === 0) out.line('Everything is as recorded.')
}

/** The repository that the user stands in, and the outputs that the targets name. */
export async function select(
  { directory }: Invocation,
  targets: readonly string[],
): Promise<{ repository: DvcRepository; selected: SelectedOutput[] }> {
  const repository = await openRepository(directory)
  const outputs = await findOutputs(repository)
  return { repository, selected: selectOutputs(repository, outputs, targets, directory) }
}
