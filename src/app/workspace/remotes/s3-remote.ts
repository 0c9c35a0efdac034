import { openAsBlob } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Bucket } from '#adapters/s3/bucket'
import { listBucket } from '#adapters/s3/list-bucket'
import { partBytes, putInParts } from '#adapters/s3/multipart'
import { asGyreError, notFound } from '#kernel/errors'
import type { Algorithm } from '../repository/object-cache.ts'
import { isDirectoryDigest } from '../repository/tracked-output.ts'
import type { S3Settings } from './aws-settings.ts'
import { lackingObjects } from './lacking-objects.ts'
import { manyAtOnce } from './many-at-once.ts'
import { ObjectIntake } from './object-intake.ts'
import type { Remote, Transfer, TransferFailure } from './remote.ts'
import { sendableObjects } from './sendable-objects.ts'

const smallBytes = 1 << 20
const listedPerRequest = 1000
const objectName = /^([0-9a-f]{2})\/([0-9a-f]{30}(?:\.dir)?)$/

/** A bucket of S3, or of what speaks like it, laid out as dvc does. */
export class S3Remote implements Remote {
  readonly name: string
  readonly manifests = 'remembered'
  readonly #bucket: Bucket
  readonly #bucketName: string
  readonly #headers: Readonly<Record<string, string>>

  constructor({ address, credentials, headers }: S3Settings) {
    const { bucket, prefix } = address
    this.name = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`
    this.#bucket = new Bucket(address, credentials)
    this.#bucketName = bucket
    this.#headers = headers
  }

  missing(
    digests: readonly string[],
    algorithm: Algorithm,
    signal: AbortSignal,
  ): Promise<string[]> {
    return lackingObjects(digests, {
      perRequest: listedPerRequest,
      has: async (digest) => {
        signal.throwIfAborted()
        return (await this.#bucket.send(keyOf(digest, algorithm), { method: 'HEAD' })).ok
      },
      beginningWith: async (prefix) => {
        const there = new Set<string>()
        for await (const { digest } of this.#list(prefix, algorithm, signal)) there.add(digest)
        return there
      },
    })
  }

  async upload(transfer: Transfer): Promise<TransferFailure[]> {
    const { sizes, failures } = await sendableObjects(transfer)
    await manyAtOnce([...sizes], async ([digest, sizeBytes]) => {
      transfer.signal.throwIfAborted()
      const failure = await this.#send(digest, sizeBytes, transfer)
      if (failure === undefined) transfer.onObjects(1, sizeBytes)
      else failures.push(failure)
    })
    return failures
  }

  async #send(
    digest: string,
    sizeBytes: number,
    { cache, algorithm }: Transfer,
  ): Promise<TransferFailure | undefined> {
    const place = cache.place(digest, algorithm)
    const key = keyOf(digest, algorithm)
    try {
      if (sizeBytes > partBytes) {
        await putInParts(this.#bucket, key, await openAsBlob(place), this.#headers)
        return undefined
      }
      const body =
        sizeBytes > smallBytes ? await openAsBlob(place) : new Uint8Array(await readFile(place))
      const headers = { ...this.#headers, ...md5Header(digest, algorithm) }
      const answer = await this.#bucket.send(key, { method: 'PUT', body, headers })
      await answer.arrayBuffer()
      if (!answer.ok) throw notFound('bucket', this.#bucketName)
      return undefined
    } catch (thrown) {
      const error = asGyreError(thrown)
      if (error.code === 'not_found') throw error
      return { digest, reason: 'refused', message: error.public }
    }
  }

  async download(transfer: Transfer): Promise<TransferFailure[]> {
    const intake = new ObjectIntake(transfer)
    try {
      await manyAtOnce(transfer.digests, (digest) => this.#fetch(digest, transfer, intake))
      await intake.finish()
      return intake.failures
    } finally {
      await intake.close()
    }
  }

  async #fetch(
    digest: string,
    { algorithm, signal }: Transfer,
    intake: ObjectIntake,
  ): Promise<void> {
    signal.throwIfAborted()
    const answer = await this.#bucket.send(keyOf(digest, algorithm))
    if (!answer.ok) {
      if ((await answer.text()).includes('NoSuchBucket')) throw notFound('bucket', this.#bucketName)
      intake.failures.push({ digest, reason: 'missing', message: `It is not in ${this.name}.` })
      return
    }
    const length = Number(answer.headers.get('content-length') ?? Number.POSITIVE_INFINITY)
    if (length <= smallBytes || answer.body === null) {
      return intake.take(digest, Buffer.from(await answer.arrayBuffer()))
    }
    const sink = intake.large(digest)
    for await (const part of answer.body) {
      signal.throwIfAborted()
      sink.write(Buffer.from(part))
    }
    sink.end()
  }

  list(
    algorithm: Algorithm,
    signal: AbortSignal,
  ): AsyncGenerator<{ digest: string; sizeBytes: number }> {
    return this.#list('', algorithm, signal)
  }

  /** Objects whose digest begins so: with nothing, or with two characters. */
  async *#list(
    prefix: string,
    algorithm: Algorithm,
    signal: AbortSignal,
  ): AsyncGenerator<{ digest: string; sizeBytes: number }> {
    const folder = folderOf(algorithm)
    const beginning = prefix === '' ? folder : `${folder}${prefix}/`
    for await (const { key, sizeBytes } of listBucket(this.#bucket, beginning)) {
      signal.throwIfAborted()
      const [, head, rest] = objectName.exec(key.slice(folder.length)) ?? []
      if (head !== undefined && rest !== undefined) yield { digest: head + rest, sizeBytes }
    }
  }

  async remove(
    digests: readonly string[],
    algorithm: Algorithm,
    signal: AbortSignal,
  ): Promise<void> {
    await manyAtOnce(digests, async (digest) => {
      signal.throwIfAborted()
      const answer = await this.#bucket.send(keyOf(digest, algorithm), { method: 'DELETE' })
      await answer.arrayBuffer()
    })
  }
}

function folderOf(algorithm: Algorithm): string {
  return algorithm === 'md5' ? 'files/md5/' : ''
}

function keyOf(digest: string, algorithm: Algorithm): string {
  return `${folderOf(algorithm)}${digest.slice(0, 2)}/${digest.slice(2)}`
}

/** The server compares what arrives with it, where the name is the md5 of the bytes. */
function md5Header(digest: string, algorithm: Algorithm): Record<string, string> {
  if (algorithm !== 'md5' && !isDirectoryDigest(digest)) return {}
  return { 'content-md5': Buffer.from(digest.slice(0, 32), 'hex').toString('base64') }
}
