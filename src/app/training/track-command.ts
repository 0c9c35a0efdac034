import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import type { Client } from '#client/client'
import { invalid } from '#kernel/errors'
import { trackRun } from './run-tracker.ts'
import { readSurroundings } from './surroundings.ts'

export interface TrackRequest {
  command: readonly string[]
  experiment: string
  name?: string | undefined
  /** `key=value`; the command sees them as GYRE_PARAM_KEY. */
  parameters: readonly string[]
  tags: readonly string[]
  inputs: readonly string[]
  directory: string
  environment: Readonly<Record<string, string | undefined>>
  server: { client: Client; project: string; url: string } | undefined
  write(chunk: Buffer, stream: 'out' | 'err'): void
  note(text: string): void
  signal: AbortSignal
}

export interface TrackReport {
  run: string | null
  exitCode: number
}

/** Output kept of a command. */
const longestLog = 16 * 1024 * 1024

/**
 * Runs any command as a run: its output becomes the artifact output.log, its exit code the run's
 * status. The command finds the run in GYRE_RUN. Errors: `invalid` for a program that is not there.
 */
export async function trackCommand(request: TrackRequest): Promise<TrackReport> {
  const parameters = assignments(request.parameters)
  const run = await trackRun({
    server: request.server,
    experiment: request.experiment,
    name: request.name,
    parameters,
    tags: assignments(request.tags),
    surroundings: await readSurroundings(request.directory, request.command, []),
    inputs: request.inputs,
    note: request.note,
  })
  const log: Buffer[] = []
  let kept = 0
  const end = await runCommand(request, environmentFor(request, run.id, parameters), (chunk) => {
    if (kept < longestLog) log.push(chunk)
    kept += chunk.length
  }).catch(async (thrown: Error) => {
    await run.finish('failed', thrown.message)
    throw thrown
  })
  run.metric('exit_code', end.exitCode, 0)
  await uploadLog(run, Buffer.concat(log))
  if (end.killed) await run.finish('killed', 'It was interrupted.')
  else if (end.exitCode === 0) await run.finish('finished')
  else await run.finish('failed', `The command ended with exit code ${end.exitCode}.`)
  return { run: run.id ?? null, exitCode: end.exitCode }
}

function assignments(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw invalid(`"${text}" is not an assignment. Write key=value.`)
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}

function environmentFor(
  { environment, server }: TrackRequest,
  run: string | undefined,
  parameters: Readonly<Record<string, string>>,
): Record<string, string | undefined> {
  const named = Object.entries(parameters).map(([key, value]) => [
    `GYRE_PARAM_${key.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`,
    value,
  ])
  return {
    ...environment,
    ...Object.fromEntries(named),
    ...(run === undefined ? {} : { GYRE_RUN: run }),
    ...(server === undefined ? {} : { GYRE_URL: server.url, GYRE_PROJECT: server.project }),
  }
}

async function runCommand(
  { command, directory, write, signal }: TrackRequest,
  env: Record<string, string | undefined>,
  keep: (chunk: Buffer) => void,
): Promise<{ exitCode: number; killed: boolean }> {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd: directory,
    env: env as NodeJS.ProcessEnv,
    stdio: ['inherit', 'pipe', 'pipe'],
  })
  const stop = (): void => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop, { once: true })
  for (const [stream, name] of [
    [child.stdout, 'out'],
    [child.stderr, 'err'],
  ] as const) {
    stream.on('data', (chunk: Buffer) => {
      keep(chunk)
      write(chunk, name)
    })
  }
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', () => reject(invalid(`The program "${program}" cannot be started.`)))
      child.once('close', (code, killedBy) => {
        const number = killedBy === null ? 0 : (constants.signals[killedBy] ?? 0)
        resolve({ exitCode: code ?? 128 + number, killed: signal.aborted })
      })
    })
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function uploadLog(
  run: { upload(path: string, file: string): Promise<void> },
  log: Buffer,
): Promise<void> {
  if (log.length === 0) return
  const directory = await mkdtemp(join(tmpdir(), 'gyre-log-'))
  const file = join(directory, `${randomUUID()}.log`)
  try {
    await writeFile(file, log)
    await run.upload('output.log', file)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
