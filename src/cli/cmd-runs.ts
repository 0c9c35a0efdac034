import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { registerRunsPurge } from './cmd-runs-purge.ts'
import { collected, serverAction, serverCommand, type Session, wholeNumber } from './command.ts'
import { forkText, registerRunForks } from './cmd-runs-forks.ts'
import { registerRunTables } from './cmd-runs-tables.ts'
import { formatBytes, formatDuration, formatMoment, formatNumber } from './output.ts'

type Run = Awaited<ReturnType<Session['client']['runs']['getRun']>>
type Found = Awaited<ReturnType<Session['client']['runs']['searchRuns']>>

interface ListOptions {
  filter: string
  experiment?: string[]
  orderBy?: string[]
  limit: number
  page?: string
}

export function registerRuns(program: Command): void {
  const runs = program.command('runs').description('Tracked runs: search, show, compare')
  registerSearch(runs)
  registerReading(runs)
  registerArtifacts(runs)
  registerChanges(runs)
  registerRunForks(runs)
  registerRunTables(runs)
  registerRunsPurge(runs)
}

function registerSearch(runs: Command): void {
  serverCommand(runs, 'list', "Runs by filter: metrics.auc > 0.6 and params.learner = 'trees'")
    .option('--filter <filter>', 'comparisons joined by "and"', '')
    .option('--experiment <name>', 'only of this experiment', collected)
    .option('--order-by <key>', 'metrics.auc desc; may be repeated', collected)
    .option('--limit <count>', 'how many', wholeNumber(1), 20)
    .option('--page <token>', 'the page that the one before named')
    .action(
      serverAction(async ({ client, project, out }, options: ListOptions) => {
        const found = await client.runs.searchRuns({
          params: { project },
          body: {
            filter: options.filter,
            limit: options.limit,
            ...(options.experiment === undefined ? {} : { experiments: options.experiment }),
            ...(options.orderBy === undefined ? {} : { orderBy: options.orderBy }),
            ...(options.page === undefined ? {} : { pageToken: options.page }),
          },
        })
        out.result(found, () => {
          out.table(
            ['run', 'name', 'experiment', 'status', 'started', 'metrics'],
            found.items.map(runRow),
          )
          out.note(tail(found))
        })
      }),
    )
  serverCommand(runs, 'experiments', 'Experiments').action(
    serverAction(async ({ client, project, out }) => {
      const found = await client.runs.listExperiments({ params: { project } })
      out.result(found, () => {
        out.table(
          ['id', 'name', { title: 'runs', align: 'right' }],
          found.items.map((item) => [item.id, item.name, item.runCount]),
        )
      })
    }),
  )
}

function runRow(run: Found['items'][number]): string[] {
  const metrics = Object.entries(run.metrics)
    .slice(0, 4)
    .map(([key, value]) => `${key} ${formatNumber(Number(value))}`)
  return [
    run.id,
    run.name,
    run.experimentName,
    run.status,
    formatMoment(run.startedAt),
    metrics.join(', '),
  ]
}

function tail({ items, total, nextPageToken }: Found): string {
  const next = nextPageToken === undefined ? '' : ` More with --page ${nextPageToken}`
  return `${items.length} of ${total} runs.${next}`
}

function registerReading(runs: Command): void {
  serverCommand(runs, 'show <run>', 'A run: status, parameters, metrics, lineage').action(
    serverAction(async ({ client, project, out }, id: string) => {
      const run = await client.runs.getRun({ params: { project, run: id } })
      out.result(run, () => {
        out.facts(factsOf(run))
        out.table(
          ['metric', 'latest', 'first', 'least', 'most', { title: 'points', align: 'right' }],
          run.metricSummaries.map((m) => [
            m.key,
            formatNumber(Number(m.value)),
            formatNumber(Number(m.first)),
            formatNumber(Number(m.minimum)),
            formatNumber(Number(m.maximum)),
            m.count,
          ]),
        )
        out.table(['parameter', 'value'], Object.entries(run.parameters))
      })
    }),
  )
}

function registerArtifacts(runs: Command): void {
  serverCommand(runs, 'artifacts <run> [path]', 'Files of a run').action(
    serverAction(async ({ client, project, out }, id: string, path: string | undefined) => {
      const query = { path: path ?? '' }
      const found = await client.runs.listArtifacts({ params: { project, run: id }, query })
      out.result(found, () => {
        out.table(
          ['path', { title: 'size', align: 'right' }],
          found.items.map((item) => [
            item.isDirectory ? `${item.path}/` : item.path,
            item.sizeBytes === null ? '' : formatBytes(item.sizeBytes),
          ]),
        )
      })
    }),
  )
  serverCommand(runs, 'download <run> <path>', 'Save a file of a run')
    .option('--out <directory>', 'where to', '.')
    .action(
      serverAction(async (session, id: string, path: string, options: { out: string }) => {
        const { client, project, out } = session
        await mkdir(options.out, { recursive: true })
        const file = `${options.out}/${basename(path)}`
        const { content } = await client.runs.downloadArtifact({
          params: { project, run: id },
          query: { path },
        })
        await pipeline(content, createWriteStream(file))
        out.result({ file }, () => out.line(file))
      }),
    )
}

function factsOf(run: Run): [string, string | null][] {
  const { environment: env } = run
  const dirty = env.gitDirty === true ? ' with changes' : ''
  const span =
    run.startedAt !== null && run.endedAt !== null ? run.endedAt - run.startedAt : undefined
  return [
    ['run', run.id],
    ['name', run.name],
    ['experiment', run.experimentName],
    ['status', run.reason === null ? run.status : `${run.status}: ${run.reason}`],
    ['started', formatMoment(run.startedAt)],
    ['took', span === undefined ? null : formatDuration(span)],
    ['by', run.user],
    ['continues', run.forkedFrom === null ? null : forkText(run.forkedFrom)],
    ['continued by', run.forks.map(forkText).join(', ')],
    ['kept from before a rewind', run.rewinds.map(forkText).join(', ')],
    ['commit', env.gitCommit === undefined ? null : `${env.gitCommit}${dirty}`],
    ['made from', run.inputs.join(', ')],
    ['made', run.outputs.join(', ')],
    ['command', env.command?.join(' ') ?? null],
  ]
}

function registerChanges(runs: Command): void {
  serverCommand(runs, 'compare <runs...>', 'Runs side by side: what differs').action(
    serverAction(async ({ client, project, out }, ids: string[]) => {
      const found: Run[] = []
      for (const run of ids) found.push(await client.runs.getRun({ params: { project, run } }))
      const rows = differingRows(found)
      out.result({ runs: found, differences: rows }, () => {
        out.table(['', ...found.map((run) => run.name)], rows)
      })
    }),
  )
  for (const [name, operation, summary] of [
    ['delete', 'deleteRun', 'Hide a run; it can be restored'],
    ['restore', 'restoreRun', 'Bring a deleted run back'],
  ] as const) {
    serverCommand(runs, `${name} <run>`, summary).action(
      serverAction(async ({ client, project, out }, run: string) => {
        await client.runs[operation]({ params: { project, run } })
        out.result({ run, done: name }, () => out.line(`${name}d ${run}`))
      }),
    )
  }
}

function differingRows(runs: readonly Run[]): string[][] {
  const rowsOf = (kind: 'metrics' | 'parameters'): string[][] =>
    [...new Set(runs.flatMap((run) => Object.keys(run[kind])))].sort().map((key) => [
      key,
      ...runs.map((run) => {
        const value = run[kind][key]
        if (value === undefined) return '–'
        return kind === 'metrics' ? formatNumber(Number(value)) : String(value)
      }),
    ])
  const differing = [...rowsOf('parameters'), ...rowsOf('metrics')]
  return differing.filter(([, ...values]) => new Set(values).size > 1)
}
