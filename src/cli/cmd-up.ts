import { spawn } from 'node:child_process'
import type { Command } from 'commander'
import { localAction, localCommand } from './command.ts'
import { openServer, type ServeOptions, withServeOptions } from './cmd-serve.ts'
import { announce, untilStopped } from './until-stopped.ts'

interface UpOptions extends ServeOptions {
  demo?: boolean
}

export function registerUp(program: Command): void {
  withServeOptions(
    localCommand(program, 'up', 'Run the server here, and with --demo watch the loop close'),
  )
    .option('--demo', 'let the demo use this server, as any client would')
    .action(
      localAction(async (invocation, options: UpOptions) => {
        const server = await openServer(invocation, options)
        const stopped = untilStopped(server)
        announce(invocation, server)
        if (!invocation.out.json) invocation.out.line('Stop it with Ctrl-C.')
        const stopDemo =
          options.demo === true ? runDemo(server.url, server.adminToken, options.data) : () => {}
        try {
          await stopped
        } finally {
          stopDemo()
        }
      }),
    )
}

/** Starts `gyre demo` as a process of its own; gives what ends it. The server outlives it. */
function runDemo(url: string, token: string | undefined, data: string | undefined): () => void {
  const entry = process.argv[1] ?? ''
  const args = ['demo', '--url', url, ...(data === undefined ? [] : ['--data', data])]
  const child = spawn(process.execPath, [...process.execArgv, entry, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...(token === undefined ? {} : { GYRE_TOKEN: token }) },
  })
  child.on('error', (error) =>
    process.stderr.write(`gyre: the demo did not start: ${error.message}\n`),
  )
  return () => void child.kill('SIGTERM')
}
