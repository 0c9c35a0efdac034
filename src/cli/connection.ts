import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { GyreError } from '#kernel/errors'
import { findUpward } from '#app/workspace/find-upward'
import { checkName } from '#kernel/names'

/** What tells a command where the server is and what it is to look at. */
export interface Surroundings {
  /** Where the user stands. */
  directory: string
  environment: Readonly<Record<string, string | undefined>>
}

export interface ServerChoice {
  url: string
  /** Where the address came from, to tell the user when nobody answers. */
  source: string
}

const defaultUrl = 'http://127.0.0.1:8700'

/**
 * The server's address: what was asked for, else GYRE_URL, else the server that runs in `.gyre` of
 * this directory or one above, else the usual port on this machine.
 */
export async function findServer(
  asked: string | undefined,
  at: Surroundings,
): Promise<ServerChoice> {
  if (asked !== undefined) return { url: checkUrl(asked, '--url'), source: '--url' }
  const named = at.environment['GYRE_URL']
  if (named !== undefined && named !== '') {
    return { url: checkUrl(named, 'GYRE_URL'), source: 'GYRE_URL' }
  }
  const file = await findUpward(at.directory, join('.gyre', 'server.json'))
  const url = file === undefined ? undefined : await urlOfServerFile(file)
  if (file === undefined || url === undefined) return { url: defaultUrl, source: 'the default' }
  return { url, source: file }
}

function checkUrl(text: string, source: string): string {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href.replace(/\/$/, '')
  throw new GyreError({
    code: 'invalid',
    public: `${source} is ${JSON.stringify(text)}, which is no address of a server. Write it as ${defaultUrl}.`,
  })
}

/** The server that runs on this data directory, if one does. */
export async function serverOf(dataDirectory: string): Promise<string | undefined> {
  return urlOfServerFile(join(dataDirectory, 'server.json'))
}

async function urlOfServerFile(file: string): Promise<string | undefined> {
  const text = await readIfThere(file)
  if (text === undefined) return undefined
  const entry = JSON.parse(text) as { url?: unknown; pid?: unknown }
  const alive = typeof entry.pid === 'number' && isAlive(entry.pid)
  return alive && typeof entry.url === 'string' ? entry.url : undefined
}

/** The token for this server: what was given, else GYRE_TOKEN, else the one that `login` kept. */
export async function findToken(
  given: string | undefined,
  url: string,
  at: Surroundings,
): Promise<string | undefined> {
  const token = given ?? at.environment['GYRE_TOKEN']
  if (token !== undefined && token !== '') return token
  const kept = await readCredentials(at.environment)
  return kept[new URL(url).origin]
}

/** Tokens by the origin of their server. */
export async function readCredentials(
  environment: Surroundings['environment'],
): Promise<Record<string, string>> {
  const text = await readIfThere(credentialsPath(environment))
  return text === undefined ? {} : (JSON.parse(text) as Record<string, string>)
}

export function credentialsPath(environment: Surroundings['environment']): string {
  const base = environment['XDG_CONFIG_HOME'] ?? join(environment['HOME'] ?? homedir(), '.config')
  return join(base, 'gyre', 'credentials.json')
}

/**
 * The project: what was asked for, else GYRE_PROJECT, else the one that `gyre.yaml` in this
 * directory or one above names, else `default`.
 */
export async function findProject(asked: string | undefined, at: Surroundings): Promise<string> {
  const named = asked ?? at.environment['GYRE_PROJECT']
  if (named !== undefined && named !== '') return checkName('project', named)
  const file = await findUpward(at.directory, 'gyre.yaml')
  if (file === undefined) return 'default'
  const declared: unknown = parse((await readIfThere(file)) ?? '')
  const project =
    typeof declared === 'object' && declared !== null && 'project' in declared
      ? declared.project
      : undefined
  return typeof project === 'string' ? checkName('project', project) : 'default'
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}
