import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { S3Address } from '#adapters/s3/address'
import type { S3Credentials } from '#adapters/s3/bucket'
import { GyreError, invalid } from '#kernel/errors'
import type { RemoteConfig } from '../repository/config.ts'

type Environment = Readonly<Record<string, string | undefined>>
type Profile = ReadonlyMap<string, string>

export interface S3Settings {
  address: S3Address
  /** Undefined: requests are not signed. */
  credentials: S3Credentials | undefined
  /** Sent with everything that is stored. */
  headers: Readonly<Record<string, string>>
}

const defaultRegion = 'us-east-1'
/** What would be silently left out, and must not be. */
const unknownHere = ['sse_customer_key', 'sse_customer_algorithm'] as const
const sentAs: readonly (readonly [string, string])[] = [
  ['sse', 'x-amz-server-side-encryption'],
  ['sse_kms_key_id', 'x-amz-server-side-encryption-aws-kms-key-id'],
  ['acl', 'x-amz-acl'],
  ['grant_read', 'x-amz-grant-read'],
  ['grant_read_acp', 'x-amz-grant-read-acp'],
  ['grant_write_acp', 'x-amz-grant-write-acp'],
  ['grant_full_control', 'x-amz-grant-full-control'],
]

/**
 * What `.dvc/config`, the environment and AWS's own files say of a remote `s3://bucket/prefix`: first
 * the remote's keys, then a profile that it names, then AWS_ACCESS_KEY_ID, then the default profile.
 * Errors: `unauthenticated` when nobody says the keys, `invalid` for settings that only dvc knows.
 */
export function readS3Settings(remote: RemoteConfig, environment: Environment): S3Settings {
  const { name, options, url } = remote
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/?#]+)\/?([^?#]*)$/.exec(url) ?? []
  if (bucket === '') throw invalid(`The remote ${name} is ${url}. Write s3://BUCKET/PREFIX.`)
  const unknown = unknownHere.find((key) => options.has(key))
  if (unknown !== undefined) {
    throw invalid(`The remote ${name} sets ${unknown}, which only dvc knows. Use dvc for it.`)
  }
  const profile = readProfile(remote, environment)
  const region =
    options.get('region') ??
    environment['AWS_REGION'] ??
    environment['AWS_DEFAULT_REGION'] ??
    profile.get('region') ??
    defaultRegion
  const endpoint =
    options.get('endpointurl') ??
    environment['AWS_ENDPOINT_URL_S3'] ??
    environment['AWS_ENDPOINT_URL'] ??
    profile.get('endpoint_url')
  return {
    address: {
      bucket,
      prefix: prefix.replaceAll(/^\/+|\/+$/g, ''),
      endpoint: endpoint?.replace(/\/+$/, ''),
      region,
    },
    credentials: isTrue(options.get('allow_anonymous_login'))
      ? undefined
      : credentialsOf(remote, profile, environment),
    headers: Object.fromEntries(
      sentAs.flatMap(([key, header]) => {
        const value = options.get(key)
        return value === undefined ? [] : [[header, value]]
      }),
    ),
  }
}

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === 'true'
}

function credentialsOf(
  { name, options }: RemoteConfig,
  profile: Profile,
  environment: Environment,
): S3Credentials {
  const inEnvironment = (key: string): string | undefined => environment[key.toUpperCase()]
  const ofProfile = (key: string): string | undefined => profile.get(key)
  const sources = [
    keysOf((key) => options.get(key.replace(/^aws_/, ''))),
    options.has('profile') ? keysOf(ofProfile) : undefined,
    keysOf(inEnvironment),
    keysOf(ofProfile),
  ]
  const found = sources.find((keys) => keys !== undefined)
  if (found !== undefined) return found
  throw new GyreError({
    code: 'unauthenticated',
    public: `Nothing says who asks for the bucket of ${name}. Set access_key_id and secret_access_key in .dvc/config.local, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile of ~/.aws/credentials; for a public one allow_anonymous_login = true.`,
  })
}

function keysOf(valueOf: (key: string) => string | undefined): S3Credentials | undefined {
  const accessKeyId = valueOf('aws_access_key_id')
  const secretAccessKey = valueOf('aws_secret_access_key')
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  return { accessKeyId, secretAccessKey, sessionToken: valueOf('aws_session_token') }
}

/** A profile of AWS's files. Errors: `invalid` when the remote names one that is nowhere. */
function readProfile({ name, options }: RemoteConfig, environment: Environment): Profile {
  const home = join(environment['HOME'] ?? homedir(), '.aws')
  const asked = options.get('profile') ?? environment['AWS_PROFILE']
  const wanted = asked ?? 'default'
  const configFile =
    options.get('configpath') ?? environment['AWS_CONFIG_FILE'] ?? join(home, 'config')
  const credentialsFile =
    options.get('credentialpath') ??
    environment['AWS_SHARED_CREDENTIALS_FILE'] ??
    join(home, 'credentials')
  const config = sectionOf(configFile, wanted === 'default' ? wanted : `profile ${wanted}`)
  const credentials = sectionOf(credentialsFile, wanted)
  if (asked !== undefined && config === undefined && credentials === undefined) {
    throw invalid(
      `The remote ${name} needs the AWS profile "${asked}", which is in neither ${credentialsFile} nor ${configFile}.`,
    )
  }
  return new Map([...(config ?? []), ...(credentials ?? [])])
}

/** A section of an INI file; settings of settings, which are indented, are left out. */
function sectionOf(file: string, name: string): Map<string, string> | undefined {
  let found: Map<string, string> | undefined
  let isInside = false
  for (const line of textOf(file).split(/\r?\n/)) {
    const section = /^\[\s*([^\]]+?)\s*\]/.exec(line)?.[1]
    if (section !== undefined) {
      isInside = section === name
      if (isInside) found ??= new Map()
      continue
    }
    const [, key, value] = /^([^\s#;=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (isInside && key !== undefined && value !== undefined) found?.set(key.toLowerCase(), value)
  }
  return found
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    if (['ENOENT', 'ENOTDIR'].includes((thrown as NodeJS.ErrnoException).code ?? '')) return ''
    throw invalid(`${file} cannot be read (${(thrown as Error).message}).`)
  }
}
