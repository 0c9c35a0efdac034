import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Client, createClient } from '#client/client'

const entry = join(import.meta.dirname, '../../cli/main.ts')

export interface CommandOptions {
  args: readonly string[]
  directory?: string
  environment?: Readonly<Record<string, string | undefined>>
  /** Runs the command as this user and group. */
  uid?: number
}

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  out: string
  err: string
}

/** `gyre` from the sources, in a process that a signal reaches without a launcher in between. */
export function spawnGyre({ args, directory, environment, uid }: CommandOptions): ChildProcess {
  return spawn(process.execPath, ['--conditions=gyre-source', entry, ...args], {
    ...(directory === undefined ? {} : { cwd: directory }),
    env: { ...process.env, UV_THREADPOOL_SIZE: '16', ...environment },
    ...(uid === undefined ? {} : { uid, gid: uid }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs a command to its end; one that does not end by itself is a failure. */
export async function runGyre(options: CommandOptions, withinMs = 60_000): Promise<Ended> {
  const child = spawnGyre(options)
  const said = listen(child)
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs)
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  clearTimeout(timer)
  return { code, signal, ...said }
}

function listen(child: ChildProcess): { out: string; err: string } {
  const said = { out: '', err: '' }
  child.stdout?.on('data', (bytes: Buffer) => (said.out += String(bytes)))
  child.stderr?.on('data', (bytes: Buffer) => (said.err += String(bytes)))
  return said
}

/** Ends what still runs when a test is over, however it went. */
interface Ending {
  after(work: () => void): void
}

export interface ServerProcess {
  url: string
  pid: number
  /** Made by the first start where tokens are needed. */
  adminToken: string | undefined
  /** Whether it was told to end, so that failing requests are expected. */
  ending: boolean
  client(token?: string): Client
  /** Sends the signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<Ended>
}

/** Starts `gyre serve --json` on any free port; throws what it said when it ends before it is ready. */
export async function startServerProcess(
  test: Ending,
  options: CommandOptions,
): Promise<ServerProcess> {
  const child = spawnGyre({
    ...options,
    args: ['serve', '--json', '--port', '0', ...options.args],
    environment: { GYRE_LOG: 'warn', ...options.environment },
  })
  const said = listen(child)
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const line = await Promise.race([
    once(lines, 'line').then(([text]) => text as string),
    closed.then(() => undefined),
  ])
  if (line === undefined) throw new Error(`The server ended before it was ready: ${said.err}`)
  const { url, adminToken } = JSON.parse(line) as { url: string; adminToken?: string }
  const server: ServerProcess = {
    url,
    pid: child.pid as number,
    adminToken,
    ending: false,
    client: (token) => createClient({ url, ...(token === undefined ? {} : { token }) }),
    async end(signal = 'SIGTERM') {
      server.ending = true
      child.kill(signal)
      const [code, by] = await closed
      return { code, signal: by, ...said }
    },
  }
  test.after(() => {
    server.ending = true
    child.kill('SIGKILL')
  })
  return server
}
