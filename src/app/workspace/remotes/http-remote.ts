import { createReadStream } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import type { Algorithm } from '../repository/object-cache.ts'
import { type Exchanger, refusal, textOf } from './exchange.ts'
import { manyAtOnce } from './many-at-once.ts'
import { ObjectIntake } from './object-intake.ts'
import type { Remote, Transfer, TransferFailure } from './remote.ts'
import { sendableObjects } from './sendable-objects.ts'

const smallBytes = 1 << 20
const attempts = 4

/** Any HTTP server that dvc can use: one request per object, no listing. */
export class HttpRemote implements Remote {
  readonly name: string
  readonly manifests = 'remembered'
  readonly #exchanger: Exchanger
  readonly #url: string
  readonly #method: string

  /** `method` is what uploads are sent with: POST, or PUT. */
  constructor(exchanger: Exchanger, url: string, name: string, method: string) {
    this.#exchanger = exchanger
    this.#url = url
    this.name = name
    this.#method = method
  }

  async missing(
    digests: readonly string[],
    algorithm: Algorithm,
    signal: AbortSignal,
  ): Promise<string[]> {
    const missing: string[] = []
    await manyAtOnce(digests, async (digest) => {
      const url = this.#place(digest, algorithm)
      const answer = await this.#retried({ method: 'HEAD', url, signal })
      await textOf(answer)
      if (answer.statusCode === 404 || answer.statusCode === 410) missing.push(digest)
      else if (!isSuccess(answer)) throw await refusal(answer, url)
    })
    return missing
  }

  async upload(transfer: Transfer): Promise<TransferFailure[]> {
    const { sizes, failures } = await sendableObjects(transfer)
    await manyAtOnce([...sizes.keys()], async (digest) => {
      const { cache, algorithm, signal } = transfer
      const url = this.#place(digest, algorithm)
      const sizeBytes = sizes.get(digest) ?? 0
      const content = createReadStream(cache.place(digest, algorithm), {
        highWaterMark: smallBytes,
        end: Math.max(0, sizeBytes - 1),
      })
      const answer = await this.#exchanger.send({
        method: this.#method,
        url,
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': String(sizeBytes),
        },
        body: sizeBytes === 0 ? Buffer.alloc(0) : content,
        signal,
      })
      if (!isSuccess(answer)) failures.push(refusedAs(digest, await refusal(answer, url)))
      else {
        await textOf(answer)
        transfer.onObjects(1, sizeBytes)
      }
    })
    return failures
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
    const url = this.#place(digest, algorithm)
    const answer = await this.#retried({ method: 'GET', url, signal })
    if (answer.statusCode === 404 || answer.statusCode === 410) {
      await textOf(answer)
      intake.failures.push({ digest, reason: 'missing', message: `It is not in ${this.name}.` })
      return
    }
    if (!isSuccess(answer)) throw await refusal(answer, url)
    const length = Number(answer.headers['content-length'] ?? Number.POSITIVE_INFINITY)
    if (length <= smallBytes) return intake.take(digest, await contentOf(answer))
    const sink = intake.large(digest)
    for await (const part of answer) sink.write(part as Buffer)
    sink.end()
  }

  /** Reading may be tried again; a server that restarts is no reason to give up. */
  async #retried(request: { method: string; url: string; signal: AbortSignal }) {
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt === attempts
      const answer = await this.#exchanger.send(request).catch((thrown: unknown) => {
        if (isLast || request.signal.aborted) throw thrown
        return undefined
      })
      if (answer !== undefined && (isLast || (answer.statusCode ?? 0) < 500)) return answer
      if (answer !== undefined) await textOf(answer)
      await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt))
    }
  }

  #place(digest: string, algorithm: Algorithm): string {
    const [address = '', query] = this.#url.split('?')
    const root = algorithm === 'md5' ? `${address}/files/md5` : address
    const place = `${root}/${digest.slice(0, 2)}/${digest.slice(2)}`
    return query === undefined ? place : `${place}?${query}`
  }
}

function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 400
}

function refusedAs(digest: string, error: Error): TransferFailure {
  return { digest, reason: 'refused', message: error.message }
}

async function contentOf(answer: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of answer) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
