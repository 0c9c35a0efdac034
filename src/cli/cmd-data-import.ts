import { basename, resolve } from 'node:path'
import type { Command } from 'commander'
import { type ForeignData, getForeignData } from '#app/workspace/dataset/foreign-repository'
import { importHistory, type ImportedVersion } from '#app/workspace/dataset/import-history'
import { importPath } from '#app/workspace/dataset/import-path'
import { openRepository } from '#app/workspace/repository/dvc-repository'
import { withRemote } from './cmd-data-remotes.ts'
import {
  type Invocation,
  localAction,
  localCommand,
  serverAction,
  serverCommand,
  type Session,
} from './command.ts'
import { findToken } from './connection.ts'
import type { Output } from './output.ts'
import { workOf } from './progress.ts'

interface ImportOptions {
  dataset?: string
  path?: string
  remote?: string
}

/** Data of other repositories, and the history of this one as versions on the server. */
export function registerDataImport(data: Command): void {
  registerImport(data)
  registerImportHistory(data)
}

interface ForeignOptions {
  out?: string
  rev?: string
}

function registerImport(data: Command): void {
  localCommand(
    data,
    'import <repository> <path>',
    'Get data of another Git repository and track where it came from; no server',
  )
    .option('-o, --out <path>', 'where it is to lie; else here, under its own name')
    .option('--rev <revision>', 'at this commit, branch or tag')
    .action(
      localAction(async (invocation, source: string, path: string, options: ForeignOptions) => {
        const repository = await openRepository(invocation.directory)
        const request = foreignData(invocation, source, path, options)
        const imported = await importPath(repository, request)
        const { out } = invocation
        out.result(imported, () =>
          out.line(
            `imported ${imported.path} of ${source} at ${imported.commit.slice(0, 10)} (${imported.dvcFile})`,
          ),
        )
      }),
    )
}

/** `gyre data get` with a repository instead of a data set. */
export async function getForeign(
  invocation: Invocation,
  source: string,
  path: string,
  options: ForeignOptions,
): Promise<void> {
  const request = foreignData(invocation, source, path, options)
  const { commit } = await getForeignData({ ...request, cache: undefined })
  const { destination } = request
  const { out } = invocation
  out.result({ destination, commit }, () =>
    out.line(`${path} of ${source} at ${commit.slice(0, 10)} is in ${destination}`),
  )
}

function foreignData(
  invocation: Invocation,
  source: string,
  path: string,
  { out, rev }: ForeignOptions,
): Omit<ForeignData, 'cache'> {
  const { directory } = invocation
  const isDirectory = source.startsWith('.') || source.startsWith('~')
  return {
    ...workOf(invocation, 'fetching'),
    source: isDirectory ? resolve(directory, source) : source,
    revision: rev,
    path: path.replace(/\/+$/, ''),
    destination: resolve(directory, out ?? basename(path)),
    tokenFor: (url) => findToken(undefined, url, invocation),
  }
}

function registerImportHistory(data: Command): void {
  serverCommand(
    data,
    'import-dvc',
    "Make versions of this repository's history: every commit that changed tracked data",
  )
    .option('--path <path>', 'only what is tracked at this path')
    .option('--dataset <name>', 'the data set of --path; else named after the path')
    .option('-r, --remote <name>', 'where objects come from that the cache lacks')
    .action(
      serverAction(async (session, options: ImportOptions) => {
        const versions = await importAll(session, options)
        session.out.result(versions, () => tellSummary(session.out, versions))
        return versions.every(({ state }) => state !== 'missing') ? 0 : 1
      }),
    )
}

async function importAll(session: Session, options: ImportOptions): Promise<ImportedVersion[]> {
  const { client, project, url, token, directory, out } = session
  const repository = await openRepository(directory)
  const request = {
    ...workOf(session, 'importing'),
    client,
    project,
    server: { url, token },
    repository,
    datasetOf: (path: string) => datasetOf(path, options),
    onVersion: (version: ImportedVersion) => tellVersion(out, version),
  }
  const hasRemote = options.remote !== undefined || repository.config.remoteNames.length > 0
  if (!hasRemote) return importHistory({ ...request, remote: undefined })
  return withRemote(session, repository, options, (remote) => importHistory({ ...request, remote }))
}

function datasetOf(path: string, { path: only, dataset }: ImportOptions): string | undefined {
  if (only !== undefined && only.replace(/\/$/, '') !== path) return undefined
  if (only !== undefined && dataset !== undefined) return dataset
  return path.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[^\p{L}\p{N}]+/u, '') || 'data'
}

function tellVersion(out: Output, version: ImportedVersion): void {
  const { dataset, commit, subject, state, reason } = version
  const name = version.version === undefined ? dataset : `${dataset}@${version.version}`
  out.line(
    `${state} ${name} ${commit.slice(0, 10)} ${subject}${reason === '' ? '' : `: ${reason}`}`,
  )
}

function tellSummary(out: Output, versions: readonly ImportedVersion[]): void {
  const count = (state: ImportedVersion['state']) =>
    versions.filter((version) => version.state === state).length
  out.line(
    `${count('imported')} imported, ${count('known')} known, ${count('refused')} refused, ${count('missing')} missing.`,
  )
}
