import type { Command } from 'commander'
import { diffRevisions, type OutputDiff } from '#app/workspace/dataset/diff-revisions'
import { type HistoryEntry, historyOf } from '#app/workspace/dataset/history-of'
import { openRepository } from '#app/workspace/repository/dvc-repository'
import { invalid } from '#kernel/errors'
import { select } from './cmd-data-tree.ts'
import { workOf } from './progress.ts'
import { compareVersions, listVersions } from './cmd-data-versions.ts'
import {
  type ExitCode,
  localAction,
  openSession,
  serverCommand,
  type ServerOptions,
  wholeNumber,
} from './command.ts'
import { formatBytes, formatCount, formatMoment, type Output } from './output.ts'

const differencesFound: ExitCode = 2
const filesTold = 20

/** The history of tracked data: in Git, or, with --dataset, on the server. */
export function registerDataHistory(data: Command): void {
  registerLog(data)
  registerDiff(data)
}

interface LogOptions extends ServerOptions {
  dataset?: string
  limit: number
}

function registerLog(data: Command): void {
  serverCommand(
    data,
    'log [targets...]',
    'Commits that changed tracked data, newest first; no server',
  )
    .option('--dataset <name>', 'the versions of a data set on the server instead')
    .option('--limit <count>', 'how many', wholeNumber(1), 30)
    .action(
      localAction(async (invocation, targets: string[], options: LogOptions) => {
        if (options.dataset !== undefined) {
          const session = await openSession(invocation, options)
          return listVersions(session, options.dataset, options.limit)
        }
        const { repository, selected } = await select(invocation, targets)
        const paths = new Set(selected.map(({ output }) => output.path))
        const isMeant = (path: string) => targets.length === 0 || paths.has(path)
        const entries = (await historyOf(repository, isMeant)).toReversed().slice(0, options.limit)
        invocation.out.result(entries, () => tellHistory(invocation.out, entries))
      }),
    )
}

function tellHistory(out: Output, entries: readonly HistoryEntry[]): void {
  out.table(
    [
      'commit',
      'when',
      { title: 'files', align: 'right' },
      { title: 'size', align: 'right' },
      'path',
      'subject',
    ],
    entries.flatMap(({ commit, at, subject, outputs, removed }) => [
      ...outputs.map(({ path, fileCount, sizeBytes }) => [
        commit.slice(0, 10),
        formatMoment(at),
        formatCount(fileCount ?? 1),
        sizeBytes === undefined ? '' : formatBytes(sizeBytes),
        path,
        subject,
      ]),
      ...removed.map((path) => [
        commit.slice(0, 10),
        formatMoment(at),
        '',
        '',
        `${path} (removed)`,
        subject,
      ]),
    ]),
  )
}

interface DiffOptions extends ServerOptions {
  dataset?: string
}

function registerDiff(data: Command): void {
  serverCommand(
    data,
    'diff [from] [to]',
    'What changed of tracked data since a commit (HEAD), or between two; exit code 2; no server',
  )
    .option('--dataset <name>', 'between versions of a data set on the server instead')
    .action(
      localAction(
        async (
          invocation,
          from: string | undefined,
          to: string | undefined,
          options: DiffOptions,
        ) => {
          if (options.dataset !== undefined) {
            if (from === undefined) {
              throw invalid('Say from which version: gyre data diff --dataset NAME FROM [TO]')
            }
            const session = await openSession(invocation, options)
            return compareVersions(session, options.dataset, from, to ?? 'latest')
          }
          const repository = await openRepository(invocation.directory)
          const work = workOf(invocation, 'hashing')
          const diffs = await diffRevisions(repository, from ?? 'HEAD', to, work)
          invocation.out.result(diffs, () => tellDiffs(invocation.out, diffs))
          return diffs.length === 0 ? 0 : differencesFound
        },
      ),
    )
}

function tellDiffs(out: Output, diffs: readonly OutputDiff[]): void {
  for (const { path, change, sizeBytes, files } of diffs) {
    const [before, after] = sizeBytes.map((size) => (size === null ? '–' : formatBytes(size)))
    out.line(`${out.tone('strong', change.padEnd(9))} ${path}  ${before} → ${after}`)
    if (files === undefined) out.line('  The cache lacks a manifest: gyre data fetch --all-commits')
    for (const file of (files ?? []).slice(0, filesTold)) {
      const from = file.from === undefined ? '' : `${file.from} → `
      out.line(`  ${file.change.padEnd(9)} ${from}${file.path}`)
    }
    const more = (files?.length ?? 0) - filesTold
    if (more > 0) out.line(`  and ${formatCount(more)} more; --json has all`)
  }
  if (diffs.length === 0) out.line('Nothing changed.')
}
