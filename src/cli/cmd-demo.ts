import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { tellDemo } from '#app/demo/demo'
import type { DemoReport } from '#app/demo/report'
import { withFrames } from '#app/training/frames'
import { createClient } from '#client/client'
import { invalid } from '#kernel/errors'
import {
  type ExitCode,
  type Invocation,
  localAction,
  localCommand,
  wholeNumber,
} from './command.ts'
import { findServer, serverOf } from './connection.ts'
import type { Output } from './output.ts'

interface DemoCommandOptions {
  data?: string
  url?: string
  port?: number
  weeks?: number
  traffic: string
}

interface DemoServer {
  url: string
  token: string | undefined
  /** Ends a server that this command started. */
  stop(): Promise<void>
  own: boolean
}

export function registerDemo(program: Command): void {
  localCommand(program, 'demo', 'Watch the loop close on half a year of flights')
    .option('--data <directory>', 'the store, else GYRE_DATA (default: .gyre)')
    .option('--url <url>', 'a server that runs; else one is started')
    .option('--port <number>', 'of a server that is started (default: 8700)', wholeNumber(0))
    .option('--weeks <count>', 'how many of the 26 weeks', wholeNumber(1))
    .option('--traffic <share>', 'of the flights that ask for a prediction', '0.25')
    .action(localAction(demo))
}

async function demo(invocation: Invocation, options: DemoCommandOptions): Promise<ExitCode> {
  const { out } = invocation
  const told = new AbortController()
  // The server that this command started must not outlive it.
  process.once('SIGTERM', () => told.abort())
  const signal = AbortSignal.any([invocation.signal, told.signal])
  const trafficShare = Number(options.traffic)
  if (!(trafficShare > 0 && trafficShare <= 1)) {
    throw invalid(`--traffic is a share above 0 and up to 1, not "${options.traffic}".`)
  }
  const data = resolve(
    invocation.directory,
    options.data ?? invocation.environment['GYRE_DATA'] ?? '.gyre',
  )
  const server = await reachServer(invocation, options, data)
  const directory = join(data, 'demo')
  try {
    const report = await withFrames((session) =>
      tellDemo({
        client: createClient({
          url: server.url,
          ...(server.token === undefined ? {} : { token: server.token }),
        }),
        url: server.url,
        session,
        directory,
        trafficShare,
        ...(options.weeks === undefined ? {} : { weeks: options.weeks }),
        signal,
        say: (line) => out.note(line),
        onProgress: ({ week, weeks, share }) =>
          out.progress(`week ${week} of ${weeks}  ${bar(share)}  ${Math.round(100 * share)} %`),
      }),
    )
    out.result(report, () => tellReport(out, report))
    if (server.own && !out.json) {
      out.line('The server goes on. Stop it with Ctrl-C.')
      await new Promise<void>((done) => signal.addEventListener('abort', () => done()))
    }
    return report.closed ? 0 : 1
  } finally {
    await server.stop()
  }
}

/**
 * The server that was named or runs on this store; else one is started there. One that happens to run
 * at the usual port has another store, and the story is kept beside this one.
 */
async function reachServer(
  invocation: Invocation,
  options: DemoCommandOptions,
  data: string,
): Promise<DemoServer> {
  const token = invocation.environment['GYRE_TOKEN']
  const running = { token, own: false, stop: async () => {} }
  const named = options.url ?? invocation.environment['GYRE_URL']
  if (named !== undefined) return { ...running, ...(await findServer(named, invocation)) }
  const url = await serverOf(data)
  if (url !== undefined && (await answers(url))) return { ...running, url }
  return startServer(data, options.port)
}

async function answers(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) }).catch(
    () => undefined,
  )
  return answer?.ok === true
}

async function startServer(data: string, port: number | undefined): Promise<DemoServer> {
  const entry = process.argv[1] ?? ''
  const args = [
    'serve',
    '--json',
    '--data',
    data,
    ...(port === undefined ? [] : ['--port', String(port)]),
  ]
  const child = spawn(process.execPath, [...process.execArgv, entry, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Ctrl-C reaches the whole group; the server is to end after this command is done with it.
    detached: true,
  })
  const exited = new Promise<void>((done) => child.once('exit', () => done()))
  const lines = createInterface({ input: child.stdout })
  const first = await Promise.race([
    new Promise<string>((done) => lines.once('line', done)),
    exited.then(() => undefined),
  ])
  if (first === undefined) throw invalid('The server did not start; it said why above.')
  const { url, adminToken } = JSON.parse(first) as { url: string; adminToken?: string }
  return {
    url,
    token: adminToken,
    own: true,
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

function bar(share: number): string {
  const width = 26
  const full = Math.round(share * width)
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`
}

function tellReport(out: Output, report: DemoReport): void {
  const { endpoint } = report
  out.line(
    out.tone(
      report.closed ? 'good' : 'bad',
      report.closed
        ? 'The loop closed: an alarm led to a training, a gate and an outcome.'
        : 'The loop did not close from a monitored cause.',
    ),
  )
  out.facts([
    ['weeks', report.weeks],
    ['commits', `${report.commits}, ${report.refusedBatches} batch refused`],
    ['trainings', `${report.trainings}, ${report.gateRefusals} refused by the gate`],
    ['releases', `${report.promotions} promoted, ${report.rollbacks} rolled back by their results`],
    ['alarms', report.alarms],
    ['predictions', `${report.predictions}, ${report.failedRequests} requests failed`],
    ['labels', report.labels],
    ['champion', endpoint.champion === null ? 'none' : `${endpoint.model}@${endpoint.champion}`],
    ['seconds', report.seconds],
  ])
  out.line(
    `See it at ${new URL(endpoint.url).origin}, or ask: gyre why endpoint:${endpoint.name} --project flights`,
  )
}
