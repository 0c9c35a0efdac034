import { join, resolve } from 'node:path'
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { createLog } from '#app/log'
import type { Chosen } from '#app/relay/aside'
import { type RelayStatus, storedStatus } from '#app/relay/control'
import { ownCredential } from '#app/relay/credentials'
import { openRelayStore, type RelayStore, startRelay } from '#app/relay/relay'
import { GyreError, invalid } from '#kernel/errors'
import { announce, untilStopped } from './until-stopped.ts'
import { type Invocation, localAction, localCommand, wholeNumber } from './command.ts'
import { formatBytes, formatCount } from './output.ts'

interface RelayFlags {
  to?: string
  data?: string
  port: number
  maxDisk: number
  connections: number
}

const defaultPort = 8710
const gigabyte = 1e9

export function registerRelay(program: Command): void {
  const relay = localCommand(
    program,
    'relay',
    "Take what MLflow's client logs, keep it on disk, and forward it when the server is there",
  )
    .enablePositionalOptions()
    .option('--to <url>', 'the server, a Gyre or any MLflow tracking server, else GYRE_URL')
    .option('--data <directory>', 'where the journal is kept (default: .gyre/relay)')
    .option('--port <number>', 'the port on this machine, 0 for any', wholeNumber(0), defaultPort)
    .option('--max-disk <gigabytes>', 'what the journal may take', wholeNumber(1), 10)
    .option('--connections <count>', 'requests to the server at once', wholeNumber(1), 8)
    .action(localAction(runRelay))
  registerLooking(relay)
}

async function runRelay(invocation: Invocation, options: RelayFlags): Promise<void> {
  const { environment, directory } = invocation
  const to = options.to ?? environment['GYRE_URL']
  if (to === undefined || !/^https?:/.test(URL.parse(to)?.protocol ?? '')) {
    throw invalid('Name the server: gyre relay --to http://mlflow.example.org:5000')
  }
  const level = environment['GYRE_LOG'] ?? (process.stderr.isTTY ? 'error' : 'info')
  const relay = await startRelay({
    to,
    directory: relayDirectory(invocation, options),
    port: options.port,
    credential: ownCredential(environment),
    maxBytes: options.maxDisk * gigabyte,
    connections: options.connections,
    log: createLog(level),
  })
  const stopped = untilStopped(relay)
  if (invocation.out.json) announce(invocation, relay)
  else {
    invocation.out.line(`The relay is ready at ${relay.url} and forwards to ${to}`)
    invocation.out.line(`Use it with: export MLFLOW_TRACKING_URI=${relay.url}`)
    invocation.out.line(`Journal: ${relayDirectory({ directory }, options)}`)
  }
  await stopped
}

function registerLooking(relay: Command): void {
  const where = ['--data <directory>', 'the journal (default: .gyre/relay)'] as const
  localCommand(relay, 'status', 'What waits, what was refused, and why')
    .option(...where)
    .action(
      localAction(async (invocation, options: RelayFlags) => {
        const status = await ask<RelayStatus>(invocation, options, 'status', undefined, (store) =>
          storedStatus(store.journal, store.aside),
        )
        showStatus(invocation, status)
      }),
    )
  for (const [name, summary] of [
    ['retry', 'Send what was refused again'],
    ['drop', 'Give up what was refused, and what needs it'],
  ] as const) {
    localCommand(relay, `${name} <entries...>`, `${summary}: numbers from the status, or all`)
      .option(...where)
      .action(
        localAction(async (invocation, entries: string[], options: RelayFlags) => {
          const chosen = chosenOf(entries)
          const result = await ask<Record<string, number>>(
            invocation,
            options,
            name,
            { entries: chosen },
            (store) => changeStored(store, name, chosen),
          )
          const [count] = Object.values(result)
          invocation.out.result(result, () => invocation.out.line(`${name}: ${count ?? 0}`))
        }),
      )
  }
}

async function changeStored(
  { aside, spool, journal }: RelayStore,
  name: 'retry' | 'drop',
  chosen: Chosen,
): Promise<Record<string, number>> {
  if (name === 'retry') return { retried: await aside.retry(chosen) }
  const gone = await aside.drop(chosen)
  for (const { file } of gone) {
    if (file !== null && !(await journal.isFileWanted(file))) await spool.delete(file)
  }
  return { dropped: gone.length }
}

function chosenOf(words: readonly string[]): Chosen {
  if (words.length === 1 && words[0] === 'all') return 'all'
  return words.map((word) => {
    const value = Number(word)
    if (Number.isSafeInteger(value) && value > 0) return value
    throw invalid(`${JSON.stringify(word)} is no entry. Write numbers from the status, or all.`)
  })
}

/** Asks the relay that runs on this directory, or does it here when none does. */
async function ask<T>(
  at: Invocation,
  options: RelayFlags,
  name: string,
  body: unknown,
  here: (store: RelayStore) => Promise<unknown>,
): Promise<T> {
  const directory = relayDirectory(at, options)
  const url = await runningAt(directory)
  if (url === undefined) {
    const store = await openRelayStore(directory)
    try {
      return (await here(store)) as T
    } finally {
      await store.close()
    }
  }
  const answer = await fetch(`${url}/gyre-relay/${name}`, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json' },
  })
  if (answer.ok) return (await answer.json()) as T
  const { message } = (await answer.json()) as { message?: string }
  throw new GyreError({ code: 'invalid', public: message ?? `The relay answers ${answer.status}.` })
}

async function runningAt(directory: string): Promise<string | undefined> {
  const text = await readFile(join(directory, 'server.json'), 'utf8').catch(() => undefined)
  const entry = JSON.parse(text ?? '{}') as { url?: string }
  if (entry.url === undefined) return undefined
  // A relay that was killed leaves the file behind.
  const alive = await fetch(`${entry.url}/gyre-relay/status`).then(
    (answer) => answer.ok,
    () => false,
  )
  return alive ? entry.url : undefined
}

function relayDirectory({ directory }: { directory: string }, { data }: RelayFlags): string {
  return resolve(directory, data ?? join('.gyre', 'relay'))
}

function showStatus({ out }: Invocation, status: RelayStatus): void {
  out.result(status, () => {
    const { server, bytes, maxBytes, forwarded } = status
    const room = maxBytes === undefined ? '' : ` of ${formatBytes(maxBytes)}`
    out.facts([
      ['server', server?.url ?? 'no relay is running on this directory'],
      [
        'reachable',
        server === undefined
          ? null
          : server.reachable
            ? 'yes'
            : `no: ${server.failure ?? 'not yet'}`,
      ],
      ['waiting', formatCount(status.pending)],
      ['forwarded', forwarded === undefined ? null : `${formatCount(forwarded)} since its start`],
      ['on disk', `${formatBytes(bytes)}${room}`],
      ['refused', formatCount(status.asideCount)],
    ])
    if (status.held.length > 0) {
      out.table(
        ['held', 'why'],
        status.held.map(({ lane, reason }) => [lane, reason]),
      )
    }
    if (status.aside.length > 0) {
      out.table(
        ['entry', 'request', 'why'],
        status.aside.map(({ entry, what, reason }) => [entry, what, reason]),
      )
      out.line(
        'Send them again with `gyre relay retry all`, give them up with `gyre relay drop all`.',
      )
    }
  })
}
