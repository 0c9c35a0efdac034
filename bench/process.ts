import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** As a user starts it. */
const gyre = fileURLToPath(new URL('../bin/gyre.js', import.meta.url))

export interface BenchServer {
  url: string
  pid: number
  /** From its start until it answered that it is ready. */
  startMs: number
  stop(): Promise<void>
}

/** Starts `gyre serve` on a free port. */
export async function startServer(data: string): Promise<BenchServer> {
  const startedAt = performance.now()
  const child = runNode([gyre, 'serve', '--json', '--data', data, '--port', '0'])
  const { url } = JSON.parse(await firstLine(child)) as { url: string }
  while (!(await fetch(`${url}/health`)).ok);
  const startMs = performance.now() - startedAt
  return { url, pid: child.pid ?? 0, startMs, stop: () => stopChild(child) }
}

/** Runs a script of this folder that says one JSON line when it is ready. */
export async function startScript(
  script: string,
  args: readonly string[],
): Promise<{ ready: unknown; stop(): Promise<void> }> {
  const child = runNode([fileURLToPath(new URL(script, import.meta.url)), ...args])
  return { ready: JSON.parse(await firstLine(child)), stop: () => stopChild(child) }
}

/** Runs a command of gyre to its end and gives what it printed. */
export async function runGyre(args: readonly string[], environment = {}): Promise<string> {
  return outputOf(runNode([gyre, ...args], environment))
}

/** Runs a script of this folder to its end and gives the JSON that it printed. */
export async function runScript<T>(script: string, args: readonly string[]): Promise<T> {
  const path = fileURLToPath(new URL(script, import.meta.url))
  return JSON.parse(await outputOf(runNode([path, ...args]))) as T
}

/** What a peer's program printed as JSON; null: it is not installed here, or lacks what it needs. */
export async function runPeer(command: string, args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(command, [...args]).catch(() => ({ stdout: 'null' }))
  return JSON.parse(stdout) as unknown
}

/** Seconds that a peer's command takes in a directory; null: it is not installed here, or fails. */
export async function timePeer(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<number | null> {
  const startedAt = performance.now()
  const done = await run(command, [...args], { cwd }).catch(() => undefined)
  return done === undefined ? null : (performance.now() - startedAt) / 1000
}

/** Resident memory, bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function runNode(args: readonly string[], environment = {}): ChildProcess {
  return spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  })
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('The child has no output.')
  const lines = createInterface({ input: child.stdout })
  const [line] = (await once(lines, 'line')) as [string]
  return line
}

async function outputOf(child: ChildProcess): Promise<string> {
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`A command of the benchmark ended with ${code}: ${text}`)
  return text
}

async function stopChild(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close')
  child.kill('SIGTERM')
  await closed
}
