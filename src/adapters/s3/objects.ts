import { hash, randomUUID } from 'node:crypto'
import { openAsBlob, rmSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { notFound } from '#kernel/errors'
import type { ObjectRange, Objects, Place } from '#ports/objects/objects'
import type { S3Address } from './address.ts'
import { Bucket, type S3Credentials } from './bucket.ts'
import { type ListedObject, listBucket } from './list-bucket.ts'
import { partBytes, putInParts } from './multipart.ts'

export interface S3Options {
  address: S3Address
  credentials: S3Credentials
  /** A directory for files on their way; may be lost. */
  spoolDirectory: string
}

/**
 * Objects in a bucket of S3 or of what speaks like it. What is appended becomes an object of its own,
 * so whoever appends gathers first. Throws `unavailable` when the bucket cannot be listed.
 */
export async function openS3Objects(options: S3Options): Promise<Objects> {
  const bucket = new Bucket(options.address, options.credentials)
  await mkdir(options.spoolDirectory, { recursive: true })
  const listing = await bucket.send('', { query: { 'list-type': '2', 'max-keys': '1' } })
  if (!listing.ok) throw notFound('bucket', options.address.bucket)
  await listing.arrayBuffer()
  return new S3Objects(bucket, options.spoolDirectory)
}

class S3Objects implements Objects {
  readonly #bucket: Bucket
  readonly #spool: string

  constructor(bucket: Bucket, spool: string) {
    this.#bucket = bucket
    this.#spool = spool
  }

  spool(): { path: string; discard(): void } {
    const path = join(this.#spool, randomUUID())
    return { path, discard: () => rmSync(path, { force: true }) }
  }

  async keepFile(key: string, path: string): Promise<void> {
    const file = await openAsBlob(path)
    if (file.size > partBytes) await putInParts(this.#bucket, key, file)
    else await finish(await this.#bucket.send(key, { method: 'PUT', body: file }))
    await rm(path, { force: true })
  }

  async append(bytes: Uint8Array): Promise<Place> {
    const key = `packs/${randomUUID()}`
    const body = new Uint8Array(bytes)
    const bodySha256 = hash('sha256', body, 'hex')
    await finish(await this.#bucket.send(key, { method: 'PUT', body, bodySha256 }))
    return { key, start: 0 }
  }

  async flush(): Promise<string[]> {
    return []
  }

  async *read(key: string, range: ObjectRange): AsyncGenerator<Uint8Array> {
    const answer = await this.#get(key, range)
    if (answer?.body === null || answer === undefined) return
    for await (const part of answer.body) yield part
  }

  async readRange(key: string, range: ObjectRange): Promise<Uint8Array> {
    const answer = await this.#get(key, range)
    return answer === undefined ? new Uint8Array() : new Uint8Array(await answer.arrayBuffer())
  }

  /** A range that is empty cannot be asked for. */
  async #get(key: string, { start, end }: ObjectRange): Promise<Response | undefined> {
    if (end <= start) return undefined
    const answer = await this.#bucket.send(key, { headers: { range: `bytes=${start}-${end - 1}` } })
    if (answer.status !== 404) return answer
    await answer.arrayBuffer()
    throw notFound('object', key)
  }

  localPath(): undefined {
    return undefined
  }

  async sizeOf(key: string): Promise<number | undefined> {
    const answer = await this.#bucket.send(key, { method: 'HEAD' })
    return answer.ok ? Number(answer.headers.get('content-length')) : undefined
  }

  async remove(key: string): Promise<void> {
    await finish(await this.#bucket.send(key, { method: 'DELETE' }))
  }

  list(): AsyncGenerator<ListedObject> {
    return listBucket(this.#bucket, '')
  }

  async close(): Promise<void> {}
}

async function finish(answer: Response): Promise<void> {
  await answer.arrayBuffer()
}
