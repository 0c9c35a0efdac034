import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import { describeDataset } from '#app/workspace/dataset/commit-dataset'
import { findUpward } from '#app/workspace/find-upward'
import { openOrMakeRepository } from '#app/workspace/repository/dvc-repository'
import { invalid } from '#kernel/errors'
import { type ExitCode, serverAction, serverCommand, type Session } from './command.ts'
import { formatBytes, formatNumber, formatMoment } from './output.ts'
import type { Output } from './output.ts'
import { workOf } from './progress.ts'

type Data = Session['client']['data']
type Version = Awaited<ReturnType<Data['getVersion']>>
type Report = Awaited<ReturnType<Data['compareVersions']>>
type Verdict = Awaited<ReturnType<Data['checkExpectations']>>

const differencesFound: ExitCode = 2

/** Commands on the versions that a server keeps. */
export function registerDataVersions(data: Command): void {
  registerList(data)
  registerCheck(data)
}

/** What was given, else the declared path, from where gyre.yaml lies. */
export async function datasetPath(
  { client, project, directory }: Session,
  dataset: string,
  given: string | undefined,
): Promise<string> {
  if (given !== undefined) return resolve(directory, given)
  const { path } = await client.data.getDataset({ params: { project, dataset } })
  if (path === null) {
    throw invalid(
      `Data set "${dataset}" declares no path. Say which: gyre data commit ${dataset} PATH`,
    )
  }
  const declaration = await findUpward(directory, 'gyre.yaml')
  return resolve(declaration === undefined ? directory : resolve(declaration, '..'), path)
}

/** What differs between a path and the latest version of a data set. */
export async function compareWithLatest(
  session: Session,
  name: string,
  given: string | undefined,
): Promise<ExitCode> {
  const { client, project, out } = session
  const path = await datasetPath(session, name, given)
  const repository = await openOrMakeRepository(dirname(path))
  const work = workOf(session, 'hashing')
  const files = await describeDataset(repository, path, work)
  const local = new Map(files.map((file) => [file.path, file.sha256]))
  const params = { project, dataset: name, version: 'latest' }
  const there = new Map<string, string>()
  for (let pageToken: string | undefined; ;) {
    const query = { limit: 10_000, ...(pageToken === undefined ? {} : { pageToken }) }
    const page = await client.data.listFiles({ params, query })
    for (const file of page.items) there.set(file.path, file.sha256)
    pageToken = page.nextPageToken
    if (pageToken === undefined) break
  }
  const changes = [
    ...[...local].flatMap(([file, sha256]) =>
      there.get(file) === sha256
        ? []
        : [{ change: there.has(file) ? 'modified' : 'added', path: file }],
    ),
    ...[...there.keys()].flatMap((file) =>
      local.has(file) ? [] : [{ change: 'removed', path: file }],
    ),
  ]
  out.result({ dataset: name, changes }, () => {
    for (const { change, path: file } of changes) out.line(`${change.padEnd(9)} ${file}`)
    if (changes.length === 0) out.line(`${path} is the latest version of ${name}.`)
  })
  return changes.length === 0 ? 0 : differencesFound
}

function registerList(data: Command): void {
  serverCommand(data, 'list', 'Data sets on the server').action(
    serverAction(async ({ client, project, out }) => {
      const { items } = await client.data.listDatasets({ params: { project } })
      out.result(items, () =>
        out.table(
          [
            'data set',
            { title: 'latest', align: 'right' },
            { title: 'quarantined', align: 'right' },
            'path',
          ],
          items.map((item) => [item.name, item.latestVersion, item.quarantined, item.path]),
        ),
      )
    }),
  )
}

/** Versions of a data set, newest first. */
export async function listVersions(
  { client, project, out }: Session,
  dataset: string,
  limit: number,
): Promise<void> {
  const { items } = await client.data.listVersions({
    params: { project, dataset },
    query: { limit },
  })
  out.result(items, () =>
    out.table(
      [
        { title: 'version', align: 'right' },
        'state',
        { title: 'rows', align: 'right' },
        { title: 'size', align: 'right' },
        'when',
        'message',
      ],
      items.map((item) => [
        item.version,
        item.state,
        item.rows,
        formatBytes(item.sizeBytes),
        formatMoment(item.createdAt),
        item.message,
      ]),
    ),
  )
}

/** What changed between two versions of a data set. */
export async function compareVersions(
  { client, project, out }: Session,
  dataset: string,
  from: string,
  to: string,
): Promise<ExitCode> {
  const report = await client.data.compareVersions({
    params: { project, dataset },
    query: { from, to },
  })
  out.result(report, () => tellChanges(out, report))
  return report.files.changes.length === 0 ? 0 : differencesFound
}

function registerCheck(data: Command): void {
  serverCommand(
    data,
    'check <name>',
    'Check the latest version against its expectations; exit code 2 when it fails',
  )
    .option('--all', 'all files, not only the newest')
    .action(
      serverAction(async ({ client, project, out }, name: string, options: { all?: boolean }) => {
        const verdict = await client.data.checkExpectations({
          params: { project, dataset: name },
          body: { all: options.all === true },
        })
        out.result(verdict, () => tellVerdict(out, verdict))
        return verdict.success ? 0 : differencesFound
      }),
    )
}

export function tellVersion(out: Output, version: Version): void {
  out.line(
    `${out.tone('strong', `${version.dataset}@${version.version}`)} ${version.changes.sentence}`,
  )
  tellChanges(out, version.changes)
  if (version.verdict !== null) tellVerdict(out, version.verdict)
}

function tellChanges(out: Output, report: Report): void {
  for (const { column, change, from, to } of report.schema) {
    out.line(`  column ${column} ${change}: ${from ?? '(none)'} → ${to ?? '(none)'}`)
  }
  const moved = report.columns.filter((column) => column.arrivedDistance !== null)
  if (moved.length === 0) return
  out.table(
    [
      'column',
      { title: 'distance of what arrived', align: 'right' },
      { title: 'nulls', align: 'right' },
      { title: 'mean', align: 'right' },
      { title: 'before', align: 'right' },
    ],
    moved.map((column) => [
      column.name,
      formatNumber(column.arrivedDistance),
      column.arrivedNullRate === null ? '' : `${(100 * column.arrivedNullRate).toFixed(1)} %`,
      formatNumber(column.arrivedMean),
      formatNumber(column.meanBefore),
    ]),
  )
}

function tellVerdict(out: Output, verdict: Verdict): void {
  const { evaluated_expectations: evaluated, unsuccessful_expectations: failed } =
    verdict.statistics
  out.line(
    failed === 0
      ? `${evaluated} expectations met over ${verdict.rows} rows.`
      : `${failed} of ${evaluated} expectations failed over ${verdict.rows} rows:`,
  )
  for (const result of verdict.results.filter(({ success }) => !success))
    out.line(`  ${result.sentence}`)
}
