import type { Algorithm } from '../repository/object-cache.ts'
import { type Exchanger, refusal, textOf } from './exchange.ts'
import { HttpRemote } from './http-remote.ts'
import { lackingObjects, prefixes } from './lacking-objects.ts'
import { manyAtOnce } from './many-at-once.ts'
import type { Remote, Transfer, TransferFailure } from './remote.ts'

const question =
  '<?xml version="1.0"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/></prop></propfind>'

/** A WebDAV server: as any HTTP server, and its directories can be made and listed. */
export class WebdavRemote implements Remote {
  readonly name: string
  readonly manifests = 'remembered'
  readonly #exchanger: Exchanger
  readonly #http: HttpRemote
  readonly #url: string
  /** Collections that are there or are being made, by their URL. */
  readonly #made = new Map<string, Promise<void>>()

  /** `url` is that of HTTP. */
  constructor(exchanger: Exchanger, url: string, name: string) {
    this.#exchanger = exchanger
    this.#http = new HttpRemote(exchanger, url, name, 'PUT')
    this.#url = url
    this.name = name
  }

  missing(
    digests: readonly string[],
    algorithm: Algorithm,
    signal: AbortSignal,
  ): Promise<string[]> {
    return lackingObjects(digests, {
      perRequest: Number.POSITIVE_INFINITY,
      has: async (digest) => {
        const lacking = await this.#http.missing([digest], algorithm, signal)
        return lacking.length === 0
      },
      beginningWith: async (prefix) => {
        const found = await this.#list(prefix, algorithm, signal)
        return new Set(found.map(({ digest }) => digest))
      },
    })
  }

  async upload(transfer: Transfer): Promise<TransferFailure[]> {
    const { digests, algorithm, signal } = transfer
    const folders = new Set(digests.map((digest) => this.#folder(digest.slice(0, 2), algorithm)))
    await manyAtOnce([...folders], (folder) => this.#make(folder, signal))
    return this.#http.upload(transfer)
  }

  download(transfer: Transfer): Promise<TransferFailure[]> {
    return this.#http.download(transfer)
  }

  async *list(
    algorithm: Algorithm,
    signal: AbortSignal,
  ): AsyncGenerator<{ digest: string; sizeBytes: number }> {
    for (const prefix of prefixes) yield* await this.#list(prefix, algorithm, signal)
  }

  async remove(
    digests: readonly string[],
    algorithm: Algorithm,
    signal: AbortSignal,
  ): Promise<void> {
    await manyAtOnce(digests, async (digest) => {
      const url = `${this.#folder(digest.slice(0, 2), algorithm)}/${digest.slice(2)}`
      const answer = await this.#exchanger.send({ method: 'DELETE', url, signal })
      if (answer.statusCode === 404 || isDone(answer.statusCode)) await textOf(answer)
      else throw await refusal(answer, url)
    })
  }

  #folder(prefix: string, algorithm: Algorithm): string {
    return `${this.#url}${algorithm === 'md5' ? '/files/md5' : ''}/${prefix}`
  }

  /** Makes a collection, and those above it that are not there; each once. */
  #make(url: string, signal: AbortSignal): Promise<void> {
    const making = this.#made.get(url) ?? this.#makeNew(url, signal)
    this.#made.set(url, making)
    return making
  }

  async #makeNew(url: string, signal: AbortSignal): Promise<void> {
    const status = await this.#tryToMake(url, signal)
    // 405: it is there. 409: what it would lie in is not there.
    if (isDone(status) || status === 405) return
    const above = url.slice(0, url.lastIndexOf('/'))
    if (/^https?:\/\/[^/]+\/./.test(above)) await this.#make(above, signal)
    const again = await this.#exchanger.send({ method: 'MKCOL', url, signal })
    if (!isDone(again.statusCode) && again.statusCode !== 405) throw await refusal(again, url)
    await textOf(again)
  }

  async #tryToMake(url: string, signal: AbortSignal): Promise<number> {
    const answer = await this.#exchanger.send({ method: 'MKCOL', url, signal })
    const { statusCode = 0 } = answer
    if (!isDone(statusCode) && statusCode !== 405 && statusCode !== 409) {
      throw await refusal(answer, url)
    }
    await textOf(answer)
    return statusCode
  }

  async #list(
    prefix: string,
    algorithm: Algorithm,
    signal: AbortSignal,
  ): Promise<{ digest: string; sizeBytes: number }[]> {
    const url = `${this.#folder(prefix, algorithm)}/`
    const headers = { depth: '1', 'content-type': 'application/xml' }
    const body = Buffer.from(question)
    const answer = await this.#exchanger.send({ method: 'PROPFIND', url, headers, body, signal })
    if (answer.statusCode === 404) {
      await textOf(answer)
      return []
    }
    if (answer.statusCode !== 207) throw await refusal(answer, url)
    return objectsIn(await textOf(answer)).map(({ rest, sizeBytes }) => {
      return { digest: prefix + rest, sizeBytes }
    })
  }
}

function isDone(statusCode = 0): boolean {
  return statusCode >= 200 && statusCode < 300
}

/** The objects of a listing; whatever else lies there is left out. */
function objectsIn(xml: string): { rest: string; sizeBytes: number }[] {
  return xml.split(/<(?:\w+:)?response[\s>]/).flatMap((entry) => {
    const href = /<(?:\w+:)?href[^>]*>\s*([^<]*?)\s*</.exec(entry)?.[1] ?? ''
    const rest = /\/([0-9a-f]{30}(?:\.dir)?)$/.exec(href)?.[1]
    const size = /<(?:\w+:)?getcontentlength[^>]*>\s*(\d+)/.exec(entry)?.[1]
    return rest === undefined ? [] : [{ rest, sizeBytes: Number(size ?? 0) }]
  })
}
