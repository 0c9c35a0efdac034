import { createReadStream, readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import type { Algorithm } from '../repository/object-cache.ts'
import { type Exchanger, refusal, textOf } from './exchange.ts'
import { ObjectIntake, sizesOf } from './object-intake.ts'
import { readRecords } from './object-records.ts'
import type { Remote, Transfer, TransferFailure } from './remote.ts'

/* A Gyre server as a remote: docs/protocols/blobs-batch.md. */

const askedAtOnce = 100_000
const requestObjects = 10_000
const requestBytes = 16 << 20
const requestsAtOnce = 3
const smallBytes = 1 << 20

/** Whether a server that looks like one by its address is one: it answers `have`. */
export async function speaksBatch(
  exchanger: Exchanger,
  url: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (!/\/dvc\/[^/?#]+$/.test(url)) return false
  const answer = await exchanger.send({
    method: 'POST',
    url: `${url}/have`,
    body: Buffer.alloc(0),
    signal,
  })
  if (answer.statusCode === 401 || answer.statusCode === 403) throw await refusal(answer, url)
  await textOf(answer)
  return answer.statusCode === 200
}

export class BatchRemote implements Remote {
  readonly name: string
  readonly manifests = 'proven'
  readonly #exchanger: Exchanger
  readonly #url: string

  constructor(exchanger: Exchanger, url: string, name: string) {
    this.#exchanger = exchanger
    this.#url = url
    this.name = name
  }

  async missing(
    digests: readonly string[],
    algorithm: Algorithm,
    signal: AbortSignal,
  ): Promise<string[]> {
    const missing: string[] = []
    for (let start = 0; start < digests.length; start += askedAtOnce) {
      const asked = digests.slice(start, start + askedAtOnce)
      const answer = await this.#post('have', idLines(asked, algorithm), signal)
      const lines = (await textOf(answer)).split('\n').filter((line) => line !== '')
      for (const line of lines) missing.push(digestOf(line))
    }
    return missing
  }

  async upload(transfer: Transfer): Promise<TransferFailure[]> {
    const { sizes, failures } = sizesOf(transfer.cache, transfer)
    await inRequests(sizes, async (digests) => {
      const body = recordsOf(digests, sizes, transfer)
      const answer = await this.#post('put', body, transfer.signal)
      const { refused } = JSON.parse(await textOf(answer)) as PutAnswer
      for (const { id, code, message } of refused) {
        const reason = code === 'invalid' ? 'changed' : 'refused'
        failures.push({ digest: digestOf(id), reason, message })
      }
      transfer.onObjects(
        digests.length - refused.length,
        digests.reduce((sum, digest) => sum + (sizes.get(digest) ?? 0), 0),
      )
    })
    return failures
  }

  async download(transfer: Transfer): Promise<TransferFailure[]> {
    const intake = new ObjectIntake(transfer)
    try {
      for (let start = 0; start < transfer.digests.length; start += requestObjects) {
        const asked = transfer.digests.slice(start, start + requestObjects)
        await this.#get(asked, transfer, intake)
      }
      await intake.finish()
      return intake.failures
    } finally {
      await intake.close()
    }
  }

  async #get(
    digests: readonly string[],
    { algorithm, signal }: Transfer,
    intake: ObjectIntake,
  ): Promise<void> {
    const answer = await this.#post('get', idLines(digests, algorithm), signal)
    await readRecords(answer, smallBytes, {
      onSmall: (id, content) => intake.take(digestOf(id), content),
      onLarge: async (id) => intake.large(digestOf(id)),
      onAbsent: (id) =>
        void intake.failures.push({
          digest: digestOf(id),
          reason: 'missing',
          message: `It is not in ${this.name}.`,
        }),
    })
  }

  async #post(
    what: string,
    body: Buffer | AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const url = `${this.#url}/${what}`
    const answer = await this.#exchanger.send({ method: 'POST', url, body, signal })
    if (answer.statusCode === 200) return answer
    throw await refusal(answer, url)
  }
}

interface PutAnswer {
  refused: { id: string; code: string; message: string }[]
}

/** Objects of DVC 2 have another name on the wire. */
function idOf(digest: string, algorithm: Algorithm): string {
  return algorithm === 'md5' ? digest : `dos2unix:${digest}`
}

function digestOf(id: string): string {
  return id.replace(/^dos2unix:/, '')
}

function idLines(digests: readonly string[], algorithm: Algorithm): Buffer {
  return Buffer.from(digests.map((digest) => `${idOf(digest, algorithm)}\n`).join(''))
}

/** Small objects many to a request, a few requests at once. */
async function inRequests(
  sizes: ReadonlyMap<string, number>,
  send: (digests: string[]) => Promise<void>,
): Promise<void> {
  const requests = requestsOf(sizes)
  const worker = async (): Promise<void> => {
    for (const digests of requests) await send(digests)
  }
  await Promise.all(Array.from({ length: requestsAtOnce }, worker))
}

function* requestsOf(sizes: ReadonlyMap<string, number>): Generator<string[]> {
  let digests: string[] = []
  let bytes = 0
  for (const [digest, sizeBytes] of sizes) {
    digests.push(digest)
    bytes += sizeBytes
    if (digests.length < requestObjects && bytes < requestBytes) continue
    yield digests
    digests = []
    bytes = 0
  }
  if (digests.length > 0) yield digests
}

/** The records of objects, gathered into parts of some size: a small one alone is not worth a write. */
async function* recordsOf(
  digests: readonly string[],
  sizes: ReadonlyMap<string, number>,
  { cache, algorithm }: Transfer,
): AsyncGenerator<Buffer> {
  let parts: Buffer[] = []
  let bytes = 0
  for (const digest of digests) {
    const sizeBytes = sizes.get(digest) ?? 0
    const place = cache.place(digest, algorithm)
    const line = Buffer.from(`${idOf(digest, algorithm)} ${sizeBytes}\n`)
    if (sizeBytes > smallBytes) {
      yield Buffer.concat([...parts, line])
      parts = []
      bytes = 0
      yield* createReadStream(place, { highWaterMark: smallBytes, end: sizeBytes - 1 })
      continue
    }
    const content = readFileSync(place)
    parts.push(line, content)
    bytes += line.length + content.length
    if (bytes < smallBytes) continue
    yield Buffer.concat(parts)
    parts = []
    bytes = 0
  }
  if (parts.length > 0) yield Buffer.concat(parts)
}
