import { AwsClient } from 'aws4fetch'
import { asGyreError, GyreError } from '#kernel/errors'
import type { S3Address } from './address.ts'

export interface S3Credentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string | undefined
}

export interface S3Request {
  method?: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  query?: Readonly<Record<string, string>>
  headers?: Readonly<Record<string, string>>
  body?: Blob | Uint8Array<ArrayBuffer> | string
  /** Lower-case hexadecimal; signed, and compared by the server. Default: not signed. */
  bodySha256?: string
}

/** How often a request that failed on the way, or by the server's fault, is sent again. */
const attempts = 5
const firstWaitMs = 100

/** Signed requests to one bucket, tried again where the server or the way to it failed. */
export class Bucket {
  /** Undefined: requests are not signed. */
  readonly #client: AwsClient | undefined
  readonly #root: string
  readonly #prefix: string

  constructor(address: S3Address, credentials: S3Credentials | undefined) {
    const { bucket, prefix, region } = address
    this.#client = credentials === undefined ? undefined : signing(credentials, region)
    const endpoint = address.endpoint ?? `https://s3.${region}.amazonaws.com`
    this.#root = `${endpoint}/${bucket}`
    this.#prefix = prefix === '' ? '' : `${prefix}/`
  }

  /** The name of an object in the bucket, by its key here. */
  nameOf(key: string): string {
    return this.#prefix + key
  }

  keyOf(name: string): string {
    return name.slice(this.#prefix.length)
  }

  /** Sends a request about an object; the bucket itself for the empty key. Throws what is not 2xx or 404. */
  async send(key: string, request: S3Request = {}): Promise<Response> {
    const { method = 'GET', query = {}, headers = {}, body, bodySha256 } = request
    const path = key === '' ? '' : `/${encodePath(this.nameOf(key))}`
    const search = new URLSearchParams(query).toString()
    const url = `${this.#root}${path}${search === '' ? '' : `?${search}`}`
    const init = {
      method,
      headers: { ...headers, 'x-amz-content-sha256': bodySha256 ?? 'UNSIGNED-PAYLOAD' },
      ...(body === undefined ? {} : { body }),
    }
    return this.#attempt(url, init)
  }

  async #attempt(url: string, init: RequestInit): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const failure = await this.#once(url, init)
      if (failure instanceof Response) return failure
      if (!failure.retryable || attempt === attempts) throw failure
      await new Promise((resolve) => setTimeout(resolve, firstWaitMs * 2 ** (attempt - 1)))
    }
  }

  async #once(url: string, init: RequestInit): Promise<Response | GyreError> {
    let response: Response
    try {
      response = await (this.#client === undefined
        ? fetch(url, init)
        : this.#client.fetch(url, init))
    } catch (thrown) {
      return unreachable(thrown)
    }
    if (response.ok || response.status === 404) return response
    return refused(response.status, await response.text())
  }
}

function signing(credentials: S3Credentials, region: string): AwsClient {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  return new AwsClient({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    region,
    service: 's3',
    retries: 0,
  })
}

function encodePath(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/')
}

function unreachable(thrown: unknown): GyreError {
  return new GyreError({
    code: 'unavailable',
    public: 'The object storage does not answer. Nothing was stored; check its endpoint.',
    internal: asGyreError(thrown).internal ?? '',
    cause: thrown,
  })
}

function refused(status: number, body: string): GyreError {
  const code = /<Code>([\w.]+)<\/Code>/.exec(body)?.[1] ?? `status ${status}`
  return new GyreError({
    code: 'unavailable',
    public: `The object storage refused: ${code}. Check its credentials, its bucket and its space.`,
    internal: body.slice(0, 1000),
    retryable: status >= 500 || status === 429 || code === 'BadDigest',
  })
}
