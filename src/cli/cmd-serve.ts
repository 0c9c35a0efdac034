import type { Command } from 'commander'
import { readConfig } from '#app/config'
import { createLog } from '#app/log'
import { type RunningServer, startServer } from '#app/server'
import { type Invocation, localAction, localCommand, wholeNumber } from './command.ts'
import { collected } from './command.ts'
import { announce, untilStopped } from './until-stopped.ts'

export interface ServeOptions {
  data?: string
  port?: number
  host?: string
  role?: string[]
  auth?: string
  allowedHost?: string[]
  allowedOrigin?: string[]
  databaseUrl?: string
  blobs?: string
  blobsCopy?: string
  json?: boolean
}

/** Adds the options that say where and how a server runs. */
export function withServeOptions(command: Command): Command {
  return command
    .option('--data <directory>', 'where everything is kept, else GYRE_DATA (default: .gyre)')
    .option('--port <number>', 'the HTTP port, 0 for any (default: 8700)', wholeNumber(0))
    .option('--host <address>', 'where to listen (default: 127.0.0.1, this machine only)')
    .option('--role <roles>', 'only some of api, gateway, runner, monitor, ingester', collected)
    .option('--auth <how>', 'none (on loopback) or tokens')
    .option('--allowed-host <name>', 'a name under which the server is reached', collected)
    .option('--allowed-origin <origin>', 'a page that may change things here', collected)
    .option('--blobs <place>', 's3://BUCKET/PREFIX or a directory, else GYRE_BLOBS')
    .option('--blobs-copy <place>', 'a second copy, to repair damage from, else GYRE_BLOBS_COPY')
    .option('--database-url <url>', 'a PostgreSQL instead of SQLite, else GYRE_DATABASE_URL')
}

export function registerServe(program: Command): void {
  withServeOptions(
    localCommand(program, 'serve', 'Run the server until it is told to stop'),
  ).action(
    localAction(async (invocation, options: ServeOptions) => {
      const server = await openServer(invocation, options)
      // Whoever reads that it is ready may stop it in the same moment.
      const stopped = untilStopped(server)
      announce(invocation, server)
      await stopped
    }),
  )
}

export async function openServer(
  invocation: Invocation,
  options: ServeOptions,
): Promise<RunningServer> {
  const config = readConfig(options, invocation.environment, invocation.directory)
  const level = invocation.environment['GYRE_LOG'] ?? (process.stderr.isTTY ? 'error' : 'info')
  return startServer({ config, log: createLog(level) })
}
