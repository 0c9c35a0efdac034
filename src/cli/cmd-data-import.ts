import type { Command } from 'commander'
import { importHistory, type ImportedVersion } from '#app/workspace/dataset/import-history'
import { openRepository } from '#app/workspace/repository/dvc-repository'
import { withRemote } from './cmd-data-remotes.ts'
import { serverAction, serverCommand, type Session } from './command.ts'
import type { Output } from './output.ts'
import { workOf } from './progress.ts'

interface ImportOptions {
  dataset?: string
  path?: string
  remote?: string
}

/** `import-dvc`: the history of a repository as versions on the server. */
export function registerDataImport(data: Command): void {
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
