import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { GyreError } from '#kernel/errors'
import type { DvcConfig, RemoteConfig } from '../repository/config.ts'
import { readS3Settings } from './aws-settings.ts'
import { BatchRemote, speaksBatch } from './batch-remote.ts'
import { openDirectoryRemote } from './directory-remote.ts'
import { Exchanger, withoutSecrets } from './exchange.ts'
import { HttpRemote } from './http-remote.ts'
import type { Remote } from './remote.ts'
import { WebdavRemote } from './webdav-remote.ts'

const run = promisify(execFile)

const connections = 16
const idleSeconds = 60

export interface OpenedRemote extends Remote {
  close(): void
}

export interface RemoteChoice {
  /** Of the configuration, or a URL; undefined: the default one. */
  name: string | undefined
  /** The token for a Gyre server at an address, when the remote itself has no credentials. */
  tokenFor(url: string): Promise<string | undefined>
  signal: AbortSignal
}

/**
 * Opens a remote: a directory, a bucket of S3, a Gyre server, or another HTTP or WebDAV server that dvc
 * can use. Errors: `not_found` for a name that is not configured, `invalid` for kinds of remotes that
 * only dvc speaks.
 */
export async function openRemote(config: DvcConfig, choice: RemoteChoice): Promise<OpenedRemote> {
  const remote = configured(config, choice.name)
  const { url } = remote
  refuseUnknown(remote)
  if (/^(?:http|webdav)s?:\/\//.test(url)) return openHttp(remote, choice)
  if (url.startsWith('s3://')) return openS3(remote)
  if (url.startsWith('file://') || !/^\w+:\/\//.test(url)) {
    return Object.assign(await openDirectoryRemote(url), { close: () => undefined })
  }
  throw new GyreError({
    code: 'invalid',
    public: `The remote ${remote.name} is ${url}; Gyre speaks directories, S3, HTTP, WebDAV and its own server. Use dvc for this one: dvc pull, dvc push.`,
  })
}

function configured(config: DvcConfig, name: string | undefined): RemoteConfig {
  if (name !== undefined && (name.includes('://') || name.startsWith('/'))) {
    return { name, url: name, options: new Map() }
  }
  return config.remote(name)
}

async function openHttp(remote: RemoteConfig, choice: RemoteChoice): Promise<OpenedRemote> {
  const { options } = remote
  const isWebdav = remote.url.startsWith('webdav')
  const url = remote.url.replace(/^webdav/, 'http').replace(/\/+(?=$|\?)/, '')
  const exchanger = new Exchanger({
    headers: await credentials(remote, choice),
    connections: Number(options.get('jobs') ?? connections),
    verifiesCertificates: options.get('ssl_verify')?.toLowerCase() !== 'false',
    idleMs: 1000 * Number(options.get('read_timeout') ?? options.get('timeout') ?? idleSeconds),
  })
  const name = withoutSecrets(url)
  try {
    const found = (await speaksBatch(exchanger, url, choice.signal))
      ? new BatchRemote(exchanger, url, name)
      : isWebdav
        ? new WebdavRemote(exchanger, url, name)
        : new HttpRemote(exchanger, url, name, options.get('method')?.toUpperCase() ?? 'POST')
    return Object.assign(found, { close: () => exchanger.close() })
  } catch (thrown) {
    exchanger.close()
    throw thrown
  }
}

function refuseUnknown({ name, options }: RemoteConfig): void {
  for (const key of ['worktree', 'version_aware']) {
    if (options.get(key)?.toLowerCase() !== 'true') continue
    throw new GyreError({
      code: 'invalid',
      public: `The remote ${name} is ${key}: only dvc reads such remotes.`,
    })
  }
}

async function openS3(remote: RemoteConfig): Promise<OpenedRemote> {
  const { S3Remote } = await import('./s3-remote.ts')
  const found = new S3Remote(readS3Settings(remote, process.env))
  return Object.assign(found, { close: () => undefined })
}

async function credentials(
  { options, url }: RemoteConfig,
  { tokenFor, signal }: RemoteChoice,
): Promise<Record<string, string>> {
  const isWebdav = url.startsWith('webdav')
  const bearer = isWebdav
    ? (options.get('token') ?? (await tokenOfCommand(options, signal)))
    : undefined
  if (bearer !== undefined) return { authorization: `Bearer ${bearer}` }
  const auth = options.get('auth')?.toLowerCase()
  const password = options.get('password')
  const header = options.get('custom_auth_header')
  const isCustom = auth === 'custom' || (isWebdav && !options.has('user'))
  if (isCustom && header !== undefined && password !== undefined) {
    return { [header.toLowerCase()]: password }
  }
  const parsed = new URL(url)
  const user = options.get('user') ?? decodeURIComponent(parsed.username)
  if (user !== '') {
    const secret = password ?? decodeURIComponent(parsed.password)
    return { authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}` }
  }
  const token = await tokenFor(url.replace(/^webdav/, 'http'))
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

/** What a command of the user prints: `bearer_token_command` of WebDAV remotes. */
async function tokenOfCommand(
  options: RemoteConfig['options'],
  signal: AbortSignal,
): Promise<string | undefined> {
  const command = options.get('bearer_token_command')
  if (command === undefined) return undefined
  try {
    const { stdout } = await run('/bin/sh', ['-c', command], { signal })
    return stdout.trim()
  } catch (thrown) {
    throw new GyreError({
      code: 'unauthenticated',
      public: `The command of bearer_token_command failed: ${command}`,
      cause: thrown,
    })
  }
}
