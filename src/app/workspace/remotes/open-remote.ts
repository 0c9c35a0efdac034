import { GyreError } from '#kernel/errors'
import type { DvcConfig, RemoteConfig } from '../repository/config.ts'
import { BatchRemote, speaksBatch } from './batch-remote.ts'
import { openDirectoryRemote } from './directory-remote.ts'
import { Exchanger, withoutSecrets } from './exchange.ts'
import { HttpRemote } from './http-remote.ts'
import type { Remote } from './remote.ts'

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
 * Opens a remote: a directory, a Gyre server, or another HTTP server that dvc can use. Errors:
 * `not_found` for a name that is not configured, `invalid` for kinds of remotes that only dvc speaks.
 */
export async function openRemote(config: DvcConfig, choice: RemoteChoice): Promise<OpenedRemote> {
  const remote = configured(config, choice.name)
  const { url } = remote
  if (/^https?:\/\//.test(url)) return openHttp(remote, choice)
  if (url.startsWith('file://') || !/^\w+:\/\//.test(url)) {
    return Object.assign(await openDirectoryRemote(url), { close: () => undefined })
  }
  throw new GyreError({
    code: 'invalid',
    public: `The remote ${remote.name} is ${url}; Gyre speaks directories, HTTP and its own server. Use dvc for this one: dvc pull, dvc push.`,
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
  const url = remote.url.replace(/\/+(?=$|\?)/, '')
  refuseUnknown(remote)
  const exchanger = new Exchanger({
    headers: await credentials(remote, choice),
    connections: Number(options.get('jobs') ?? connections),
    verifiesCertificates: options.get('ssl_verify')?.toLowerCase() !== 'false',
    idleMs: 1000 * Number(options.get('read_timeout') ?? idleSeconds),
  })
  const name = withoutSecrets(url)
  try {
    const found = (await speaksBatch(exchanger, url, choice.signal))
      ? new BatchRemote(exchanger, url, name)
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

async function credentials(
  { options, url }: RemoteConfig,
  { tokenFor }: RemoteChoice,
): Promise<Record<string, string>> {
  const auth = options.get('auth')?.toLowerCase()
  const password = options.get('password')
  const header = options.get('custom_auth_header')
  if (auth === 'custom' && header !== undefined && password !== undefined) {
    return { [header.toLowerCase()]: password }
  }
  const parsed = new URL(url)
  const user = options.get('user') ?? decodeURIComponent(parsed.username)
  if (user !== '') {
    const secret = password ?? decodeURIComponent(parsed.password)
    return { authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}` }
  }
  const token = await tokenFor(url)
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}
