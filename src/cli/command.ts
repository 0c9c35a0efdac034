import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Client } from '#client/client'
import { asGyreError, GyreError } from '#kernel/errors'
import { findProject, findServer, findToken, type Surroundings } from './connection.ts'
import { Output, type Terminal } from './output.ts'

/** 0 done, 1 failed, 2 misuse – or, for commands that compare, differences found. */
export type ExitCode = 0 | 1 | 2

/** What every command has, with a server or without. */
export interface Invocation extends Surroundings {
  out: Output
  terminal: Terminal
  /** Aborted by Ctrl-C. */
  signal: AbortSignal
}

/** What a command that talks to the server has besides. */
export interface Session extends Invocation {
  client: Client
  project: string
  url: string
  token: string | undefined
}

/** Options that `serverCommand` adds. */
export interface ServerOptions {
  url?: string
  token?: string
  project?: string
  json?: boolean
}

/** Adds `name arguments` under `parent`, with `--json` and a way to say where the server is. */
export function serverCommand(parent: Command, nameAndArguments: string, summary: string): Command {
  return localCommand(parent, nameAndArguments, summary)
    .addOption(new Option('--url <url>', 'the server, else GYRE_URL, else the one in .gyre'))
    .addOption(new Option('--token <token>', 'a service token, else GYRE_TOKEN'))
    .addOption(new Option('--project <name>', 'the project, else GYRE_PROJECT, else of gyre.yaml'))
}

/** Adds a command that needs no server, with `--json`. */
export function localCommand(parent: Command, nameAndArguments: string, summary: string): Command {
  return parent
    .command(nameAndArguments)
    .description(summary)
    .option('--json', 'print the result as JSON')
}

type Work<First, Args extends unknown[]> = (first: First, ...args: Args) => Promise<ExitCode | void>

/**
 * The action of a `serverCommand`: `work(session, ...arguments, options)`. What it throws is told on
 * standard error and ends in exit code 1.
 */
export function serverAction<Args extends unknown[]>(
  work: Work<Session, Args>,
): (...args: [...Args, Command]) => Promise<void> {
  return action(async (invocation, options: ServerOptions, ...args) =>
    work(await openSession(invocation, options), ...(args as Args)),
  )
}

/** The action of a `localCommand`: `work(invocation, ...arguments, options)`. */
export function localAction<Args extends unknown[]>(
  work: Work<Invocation, Args>,
): (...args: [...Args, Command]) => Promise<void> {
  return action((invocation, _options, ...args) => work(invocation, ...(args as Args)))
}

function action(
  work: (
    invocation: Invocation,
    options: ServerOptions,
    ...args: unknown[]
  ) => Promise<ExitCode | void>,
): (...args: unknown[]) => Promise<void> {
  return async (...given) => {
    const options = given.at(-2) as ServerOptions
    const terminal: Terminal = { out: process.stdout, err: process.stderr }
    const out = new Output(options.json === true, terminal)
    const interrupt = new AbortController()
    const stop = (): void => interrupt.abort()
    process.once('SIGINT', stop)
    try {
      const invocation = {
        out,
        terminal,
        signal: interrupt.signal,
        directory: process.cwd(),
        environment: process.env,
      }
      process.exitCode = (await work(invocation, options, ...given.slice(0, -1))) ?? 0
    } catch (thrown) {
      process.exitCode = tellError(out, thrown, interrupt.signal)
    } finally {
      process.removeListener('SIGINT', stop)
    }
  }
}

/** Finds server, token and project, without a request. */
export async function openSession(
  invocation: Invocation,
  options: ServerOptions,
): Promise<Session> {
  const { url, source } = await findServer(options.url, invocation)
  const token = await findToken(options.token, url, invocation)
  const project = await findProject(options.project, invocation)
  // Loaded only by commands that need it: its schemas take longer than many a local command.
  const { createClient } = await import('#client/client')
  const client = createClient({
    url,
    ...(token === undefined ? {} : { token }),
    unreachable: `No server answers at ${url} (from ${source}). Start one with: gyre up`,
  })
  return { ...invocation, client, project, url, token }
}

/** Says on standard error what went wrong and what to do; gives the exit code. */
export function tellError(out: Output, thrown: unknown, signal?: AbortSignal): ExitCode {
  if (signal?.aborted === true) {
    out.note('Interrupted.')
    return 1
  }
  const error = asTold(thrown)
  if (out.json) {
    const { code, details } = error
    const message = messageOf(error)
    out.note(
      JSON.stringify({ error: { code, message, ...(details === undefined ? {} : { details }) } }),
    )
    return 1
  }
  out.note(`gyre: ${messageOf(error)}`)
  for (const line of detailLines(error.details)) out.note(`  ${line}`)
  return 1
}

const systemAdvice: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full. Make room and run it again: what was half written is not used.',
  EDQUOT: 'Your share of the disk is used up. Make room and run it again.',
  EACCES: 'Check who may read and write there.',
  EPERM: 'Check who may read and write there.',
  EROFS: 'That file system is read-only.',
}

/** What the system refuses is no failure of Gyre's: the user can do something about it. */
function asTold(thrown: unknown): GyreError {
  const { code, message } = (thrown ?? {}) as NodeJS.ErrnoException
  const advice = thrown instanceof GyreError || code === undefined ? undefined : systemAdvice[code]
  if (advice === undefined) return asGyreError(thrown)
  return new GyreError({ code: 'unavailable', public: `${message}. ${advice}`, cause: thrown })
}

/** On the user's own machine an unknown failure is theirs to see. */
function messageOf(error: GyreError): string {
  return error.code === 'internal' && error.internal !== undefined ? error.internal : error.public
}

function detailLines(details: unknown): string[] {
  if (!Array.isArray(details)) return []
  return details.slice(0, 20).map((item: unknown) => {
    if (typeof item === 'string') return `- ${item}`
    const { path, message } = (item ?? {}) as { path?: unknown; message?: unknown }
    if (typeof message !== 'string') return `- ${JSON.stringify(item)}`
    return typeof path === 'string' && path !== '' ? `- ${path}: ${message}` : `- ${message}`
  })
}

/** Reads an option as a whole number of at least `least`. */
export function wholeNumber(least = 0): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isSafeInteger(value) && value >= least) return value
    throw new InvalidArgumentError(`Write a whole number of at least ${least}.`)
  }
}

/** Reads an option as a finite number. */
export function finiteNumber(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new InvalidArgumentError('Write a number.')
}

/** Collects an option that may be given many times. */
export function collected(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text]
}
