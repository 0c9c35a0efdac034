import { resolve } from 'node:path'
import { GyreError, invalid } from '#kernel/errors'
import { readGrant } from '#kernel/grant-text'
import type { Grant } from '#kernel/principals'
import type { WebhookOptions } from '#adapters/webhook/notify'
import { parseRoles, type ServerRole } from '#workers/role'
import { readWebhooks } from './webhook-options.ts'
import type { BlobPlaces } from './blobs.ts'

/** What a user can say about a server, as texts: flags count more than the environment. */
export interface ServerOptions {
  data?: string | undefined
  port?: number | undefined
  host?: string | undefined
  role?: readonly string[] | undefined
  auth?: string | undefined
  allowedHost?: readonly string[] | undefined
  allowedOrigin?: readonly string[] | undefined
  databaseUrl?: string | undefined
  blobs?: string | undefined
  blobsCopy?: string | undefined
}

export interface ServerConfig {
  dataDirectory: string
  databaseUrl: string | undefined
  host: string
  /** 0 for any that is free. */
  port: number
  roles: readonly ServerRole[]
  authentication: 'none' | 'tokens'
  allowedHosts: readonly string[]
  allowedOrigins: readonly string[]
  /** The API that pipeline stages use, where this process does not serve it itself. */
  apiUrl: string | undefined
  /** The token with which this process's own parts come through the doors. */
  internalToken: string | undefined
  /** Keys that secrets are sealed with; without one, the data directory's own. */
  secretsKey: string | undefined
  /** What every user may do beside what was granted to them. */
  userGrants: readonly Grant[]
  webhooks: WebhookOptions
  blobPlaces: BlobPlaces
}

/** Directories are told from where the command was given. */
function readBlobPlaces(
  { blobs, blobsCopy }: ServerOptions,
  environment: Readonly<Record<string, string | undefined>>,
  directory: string,
): BlobPlaces {
  const place = (text: string | undefined): string | undefined =>
    text === undefined || text === '' || text.startsWith('s3://') ? text : resolve(directory, text)
  const accessKeyId = environment['AWS_ACCESS_KEY_ID']
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY']
  const sessionToken = environment['AWS_SESSION_TOKEN']
  return {
    main: place(blobs ?? environment['GYRE_BLOBS']),
    copy: place(blobsCopy ?? environment['GYRE_BLOBS_COPY']),
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined
        ? undefined
        : { accessKeyId, secretAccessKey, sessionToken },
  }
}

export const defaultPort = 8700
const loopbackHosts: readonly string[] = ['127.0.0.1', 'localhost', '::1']

/** Makes a server's configuration, or says what is wrong with it. */
export function readConfig(
  options: ServerOptions,
  environment: Readonly<Record<string, string | undefined>>,
  directory: string,
): ServerConfig {
  const host = options.host ?? environment['GYRE_HOST'] ?? '127.0.0.1'
  return {
    dataDirectory: resolve(directory, options.data ?? environment['GYRE_DATA'] ?? '.gyre'),
    databaseUrl: options.databaseUrl ?? environment['GYRE_DATABASE_URL'],
    host,
    port: readPort(options.port, environment['GYRE_PORT']),
    roles: parseRoles(options.role ?? list(environment['GYRE_ROLES'])),
    authentication: readAuthentication(options.auth ?? environment['GYRE_AUTH'], host),
    allowedHosts: options.allowedHost ?? list(environment['GYRE_ALLOWED_HOSTS']),
    allowedOrigins: options.allowedOrigin ?? list(environment['GYRE_ALLOWED_ORIGINS']),
    apiUrl: environment['GYRE_URL'],
    internalToken: environment['GYRE_TOKEN'],
    blobPlaces: readBlobPlaces(options, environment, directory),
    secretsKey: environment['GYRE_SECRETS_KEY'] ?? environment['MLFLOW_CRYPTO_KEK_PASSPHRASE'],
    userGrants: list(environment['GYRE_USER_ROLES']).map(readGrant),
    webhooks: readWebhooks(environment),
  }
}

/** Whether only this machine can reach a server that listens there. */
export function isLoopback(host: string): boolean {
  return loopbackHosts.includes(host) || /^127(\.\d{1,3}){3}$/.test(host)
}

function readAuthentication(text: string | undefined, host: string): 'none' | 'tokens' {
  if (text !== undefined && text !== 'none' && text !== 'tokens') {
    throw invalid(`--auth is ${JSON.stringify(text)}. Write tokens, or none on loopback.`)
  }
  if (isLoopback(host)) return text ?? 'none'
  if (text === 'tokens') return 'tokens'
  throw new GyreError({
    code: 'refused',
    public:
      `Listening on ${host} lets other machines in, and no authentication is configured. ` +
      'Add --auth tokens: the first start then prints an admin token. ' +
      'Or leave --host away to serve this machine only.',
  })
}

function readPort(port: number | undefined, text: string | undefined): number {
  const value = port ?? (text === undefined || text === '' ? defaultPort : Number(text))
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value
  throw invalid(
    `The port ${String(port ?? text)} is not one. Write a number from 1 to 65535, or 0 for any.`,
  )
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
