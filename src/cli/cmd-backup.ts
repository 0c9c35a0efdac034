import { resolve } from 'node:path'
import type { Command } from 'commander'
import { readConfig } from '#app/config'
import { backupStore, type CopyReport, restoreStore } from '#app/store-copy'
import { invalid } from '#kernel/errors'
import { type Invocation, localAction, localCommand } from './command.ts'
import { formatBytes, formatCount } from './output.ts'

interface StoreOptions {
  data?: string
}

export function registerBackup(program: Command): void {
  withData(
    localCommand(
      program,
      'backup <directory>',
      'Copy the store into a new directory, also while the server runs',
    ),
  ).action(
    localAction(async (invocation, directory: string, options: StoreOptions) => {
      const report = await backupStore(storeOf(invocation, options), resolve(directory))
      tell(invocation, report, 'Backed up')
    }),
  )
  withData(localCommand(program, 'restore <backup>', 'Make a new store of a backup')).action(
    localAction(async (invocation, backup: string, options: StoreOptions) => {
      const report = await restoreStore(resolve(backup), storeOf(invocation, options))
      tell(invocation, report, 'Restored')
    }),
  )
}

function withData(command: Command): Command {
  return command.option('--data <directory>', 'the store, else GYRE_DATA (default: .gyre)')
}

function storeOf({ environment, directory }: Invocation, options: StoreOptions): string {
  const { dataDirectory, databaseUrl } = readConfig(options, environment, directory)
  if (databaseUrl === undefined) return dataDirectory
  throw invalid(
    'The tables of this store are in PostgreSQL: back them up with pg_dump, and after that copy the data directory.',
  )
}

function tell({ out }: Invocation, report: CopyReport, done: string): void {
  const { directory, files, sizeBytes } = report
  out.result(report, () =>
    out.line(`${done} ${formatCount(files)} files, ${formatBytes(sizeBytes)}, to ${directory}`),
  )
}
