import type { Command } from 'commander'
import { importMlflow } from '#app/mlflow-import/import-mlflow'
import { MlflowWire } from '#app/mlflow-import/mlflow-wire'
import { openSource } from '#app/mlflow-import/open-source'
import type { ImportReport } from '#app/mlflow-import/report'
import { ownCredential } from '#app/relay/credentials'
import { serverAction, serverCommand, type Session } from './command.ts'
import { formatBytes, formatCount, type Output } from './output.ts'

interface ImportFlags {
  artifacts?: string
  workspace?: string
  dryRun?: boolean
}

export function registerImport(program: Command): void {
  const parent = program.command('import').description('Bring what another platform has')
  serverCommand(
    parent,
    'mlflow <source>',
    'Everything of an MLflow: sqlite:///mlflow.db, postgresql://host/name or http://server:5000',
  )
    .option(
      '--artifacts <directory>',
      "the old server's --artifacts-destination, as seen from here",
    )
    .option('--workspace <name>', "one of the old server's workspaces (default: default)")
    .option('--dry-run', 'count, and change nothing')
    .action(
      serverAction(async (session, address: string, options: ImportFlags) => {
        const report = await runImport(session, address, options)
        session.out.result(report, () => showReport(session.out, report))
        return Object.values(report.counts).some((count) => count.failed > 0) ? 1 : 0
      }),
    )
}

async function runImport(
  session: Session,
  address: string,
  options: ImportFlags,
): Promise<ImportReport> {
  const { client, project, url, token, directory, environment, out } = session
  const { GYRE_TOKEN: _ours, ...theirs } = environment
  const source = await openSource({
    address,
    directory,
    artifacts: options.artifacts,
    workspace: options.workspace,
    authorization: ownCredential(theirs),
  })
  const authorization = token === undefined ? undefined : `Bearer ${token}`
  try {
    return await importMlflow({
      source,
      project,
      client,
      wire: new MlflowWire({ url, authorization, workspace: project }),
      dryRun: options.dryRun === true,
      progress: (message) => out.progress(message),
    })
  } finally {
    await source.close()
  }
}

function showReport(out: Output, report: ImportReport): void {
  const { counts, leftOut, leftOutCount, dryRun } = report
  out.line(`${dryRun ? 'Would bring' : 'From'} ${report.source} into project ${report.project}`)
  out.table(
    [
      '',
      ...['found', 'brought', 'here already', 'failed'].map((title) => ({
        title,
        align: 'right' as const,
      })),
    ],
    Object.entries(counts).map(([kind, { found, brought, present, failed }]) => {
      const show = kind === 'bytes' ? formatBytes : formatCount
      return [kind, show(found), show(brought), show(present), show(failed)]
    }),
  )
  if (leftOutCount === 0) return
  out.table(
    ['not here', 'which', 'why'],
    leftOut.map(({ kind, id, reason }) => [kind, id, reason]),
  )
  if (leftOutCount > leftOut.length) out.line(`and ${leftOutCount - leftOut.length} more`)
}
