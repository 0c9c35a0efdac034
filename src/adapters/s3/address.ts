import { invalid } from '#kernel/errors'

/** A place in a bucket. */
export interface S3Address {
  bucket: string
  /** Before every key, without slashes at its ends; may be empty. */
  prefix: string
  /** Undefined for AWS itself. */
  endpoint: string | undefined
  region: string
}

const shape = 's3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION'

/** Reads `s3://bucket/prefix?endpoint=…&region=…`; `undefined` for what is no such address. */
export function parseS3Address(text: string): S3Address | undefined {
  if (!text.startsWith('s3://')) return undefined
  const url = URL.parse(text)
  const endpoint = url?.searchParams.get('endpoint') ?? undefined
  const usable =
    url !== null &&
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(url.hostname) &&
    (endpoint === undefined || /^https?:$/.test(URL.parse(endpoint)?.protocol ?? ''))
  if (!usable) throw invalid(`${JSON.stringify(text)} is no place in a bucket. Write ${shape}.`)
  return {
    bucket: url.hostname,
    prefix: url.pathname.replaceAll(/^\/+|\/+$/g, ''),
    endpoint: endpoint?.replace(/\/+$/, ''),
    region: url.searchParams.get('region') ?? 'us-east-1',
  }
}
