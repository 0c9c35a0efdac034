import { resolve } from 'node:path'
import type { Command } from 'commander'
import { readConfig, type ServerConfig } from '#app/config'
import { backupStore, type CopyReport, restoreStore } from '#app/store-copy'
import { type Invocation, localAction, localCommand } from './command.ts'
import { formatBytes, formatCount } from './output.ts'

interface StoreOptions {
  data?: string
  databaseUrl?: string
}

export function registerBackup(program: Command): void {
  withStore(
    localCommand(
      program,
      'backup <directory>',
      'Copy the store into a new directory, also while the server runs',
    ),
  ).action(
    localAction(async (invocation, directory: string, options: StoreOptions) => {
      const { dataDirectory, databaseUrl } = storeOf(invocation, options)
      const report = await backupStore(dataDirectory, resolve(directory), databaseUrl)
      tell(invocation, report, 'Backed up')
    }),
  )
  withStore(localCommand(program, 'restore <backup>', 'Make a new store of a backup')).action(
    localAction(async (invocation, backup: string, options: StoreOptions) => {
      const { dataDirectory, databaseUrl } = storeOf(invocation, options)
      const report = await restoreStore(resolve(backup), dataDirectory, databaseUrl)
      tell(invocation, report, 'Restored')
    }),
  )
}

function withStore(command: Command): Command {
  return command
    .option('--data <directory>', 'the data directory, else GYRE_DATA (default: .gyre)')
    .option('--database-url <url>', 'the PostgreSQL of its tables, else GYRE_DATABASE_URL')
}

function storeOf({ environment, directory }: Invocation, options: StoreOptions): ServerConfig {
  return readConfig(options, environment, directory)
}

function tell({ out }: Invocation, report: CopyReport, done: string): void {
  const { directory, files, sizeBytes } = report
  out.result(report, () =>
    out.line(`${done} ${formatCount(files)} files, ${formatBytes(sizeBytes)}, to ${directory}`),
  )
}
