import { once } from 'node:events'
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { GyreError } from '#kernel/errors'

export interface Exchange {
  method: string
  url: string
  headers?: Readonly<Record<string, string>>
  body?: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>
  signal: AbortSignal
}

export interface ExchangerOptions {
  /** Sent with each request. */
  headers: Readonly<Record<string, string>>
  /** Connections at once. */
  connections: number
  verifiesCertificates: boolean
  /** Without a sign of life for so long a request has failed. */
  idleMs: number
}

/** Requests to one server over connections that stay open. */
export class Exchanger {
  readonly #options: ExchangerOptions
  readonly #plain: HttpAgent
  readonly #secure: HttpsAgent

  constructor(options: ExchangerOptions) {
    this.#options = options
    const agent = { keepAlive: true, maxSockets: options.connections, scheduling: 'lifo' } as const
    this.#plain = new HttpAgent(agent)
    this.#secure = new HttpsAgent({ ...agent, rejectUnauthorized: options.verifiesCertificates })
  }

  /** The answer, whatever its status; its body must be read or dropped. Errors: `unavailable`. */
  async send(exchange: Exchange): Promise<IncomingMessage> {
    const { method, url, body, signal } = exchange
    const secure = url.startsWith('https:')
    const options = {
      method,
      agent: secure ? this.#secure : this.#plain,
      headers: { ...this.#options.headers, ...exchange.headers, ...lengthOf(body) },
      signal,
      timeout: this.#options.idleMs,
    }
    const sent = secure ? httpsRequest(url, options) : httpRequest(url, options)
    sent.on('timeout', () => sent.destroy(new Error(`no sign of life for ${options.timeout} ms`)))
    try {
      const answered = once(sent, 'response') as Promise<[IncomingMessage]>
      // Taken up below; a body that cannot be sent fails first.
      answered.catch(() => undefined)
      const [answer] = await Promise.race([answered, sendBody(sent, body).then(() => answered)])
      return answer
    } catch (thrown) {
      sent.destroy()
      if (signal.aborted || thrown instanceof GyreError) throw thrown
      throw unreachable(url, thrown)
    }
  }

  close(): void {
    this.#plain.destroy()
    this.#secure.destroy()
  }
}

function lengthOf(body: Exchange['body']): Record<string, string> {
  if (body === undefined) return {}
  return body instanceof Uint8Array ? { 'content-length': String(body.byteLength) } : {}
}

async function sendBody(
  sent: ReturnType<typeof httpRequest>,
  body: Exchange['body'],
): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) {
    sent.end(body)
    return
  }
  for await (const part of body) {
    if (sent.destroyed || sent.writableEnded) return
    if (!sent.write(part)) await untilWritable(sent)
  }
  sent.end()
}

/** Waits until more may be written, or nobody reads any more; leaves no listener behind. */
async function untilWritable(sent: ReturnType<typeof httpRequest>): Promise<void> {
  const over = new AbortController()
  const { signal } = over
  try {
    await Promise.race([once(sent, 'drain', { signal }), once(sent, 'close', { signal })])
  } finally {
    over.abort()
  }
}

function unreachable(url: string, thrown: unknown): GyreError {
  const { code, message } = thrown as NodeJS.ErrnoException
  return new GyreError({
    code: 'unavailable',
    public: `${withoutSecrets(url)} does not answer (${code ?? message}). Is the server up, and the address right?`,
    cause: thrown,
  })
}

/** An address as it may be shown. */
export function withoutSecrets(url: string): string {
  const parsed = new URL(url)
  parsed.username = ''
  parsed.password = ''
  return parsed.href
}

/** Reads a small answer to its end. */
export async function textOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of answer) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

/** An answer that is no success as the error that it means. */
export async function refusal(answer: IncomingMessage, url: string): Promise<GyreError> {
  const status = answer.statusCode ?? 0
  const text = await textOf(answer)
  const said = messageIn(text)
  const code =
    status === 401
      ? 'unauthenticated'
      : status === 403
        ? 'forbidden'
        : status === 404
          ? 'not_found'
          : status >= 500 || status === 429
            ? 'unavailable'
            : 'invalid'
  const hint =
    status === 401 || status === 403
      ? ' Set user and password, or auth = custom with custom_auth_header and password, in .dvc/config.local; for a Gyre server GYRE_TOKEN does.'
      : ''
  return new GyreError({
    code,
    public: `${withoutSecrets(url)} answers ${status}${said === '' ? '' : `: ${said}`}.${hint}`,
  })
}

function messageIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } }
    if (typeof error?.message === 'string') return error.message.replace(/\.$/, '')
  } catch {
    // Not JSON: what other servers say is a page for people.
  }
  return ''
}
