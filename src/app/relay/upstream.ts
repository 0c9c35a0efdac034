import http from 'node:http'
import https from 'node:https'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

export interface UpstreamRequest {
  method: string
  /** Path and query, from the server's root on. */
  target: string
  headers: Readonly<Record<string, string>>
  body?: Uint8Array | AsyncIterable<Uint8Array>
  signal?: AbortSignal
}

export interface UpstreamAnswer {
  status: number
  headers: http.IncomingHttpHeaders
  body: Buffer
}

/** No answer came. `sent` tells whether the server may have seen the request nevertheless. */
export class NoAnswer extends Error {
  readonly sent: boolean

  constructor(cause: unknown, sent: boolean) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'NoAnswer'
    this.sent = sent
  }
}

const probeFirstMs = 100
const probeMostMs = 10_000
/** Without a byte for so long, the server is taken for gone. */
const silenceMs = 60_000
const probeSilenceMs = 3000
const neverSent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
])

/** The server, as far as it can be reached now. */
export class Upstream {
  readonly url: string
  readonly #agent: http.Agent
  readonly #base: URL
  readonly #listeners = new Set<() => void>()
  readonly #closing = new AbortController()
  #state: 'unknown' | 'up' | 'down' = 'unknown'
  #probing: Promise<void> | undefined
  #failure: string | undefined
  #since: number

  constructor(url: string, connections: number) {
    this.#base = new URL(url)
    this.url = url
    const options = { keepAlive: true, maxSockets: connections, scheduling: 'lifo' as const }
    this.#agent =
      this.#base.protocol === 'https:' ? new https.Agent(options) : new http.Agent(options)
    this.#since = Date.now()
    this.#probing = this.#probe()
  }

  get isUp(): boolean {
    return this.#state === 'up'
  }

  /** For people: whether it is there, since when, and why not. */
  get condition(): { reachable: boolean; since: string; failure?: string } {
    const failure = this.#failure
    return {
      reachable: this.isUp,
      since: new Date(this.#since).toISOString(),
      ...(failure === undefined ? {} : { failure }),
    }
  }

  /** Calls back each time that it has come back. */
  onUp(listener: () => void): void {
    this.#listeners.add(listener)
  }

  /** Returns when the first look at the server is over, or after `withinMs`. */
  async settled(withinMs: number): Promise<void> {
    if (this.#state !== 'unknown') return
    for (let waited = 0; this.#state === 'unknown' && waited < withinMs; waited += 20)
      await sleep(20)
  }

  /** A whole exchange. Throws `NoAnswer`, and then looks for the server until it is back. */
  async request(asked: UpstreamRequest): Promise<UpstreamAnswer> {
    const answer = await this.open(asked)
    try {
      const body = await buffer(answer)
      return { status: answer.statusCode ?? 0, headers: answer.headers, body }
    } catch (thrown) {
      throw this.#lost(thrown, true)
    }
  }

  /** The same, with the answer's body still to come. */
  async open(asked: UpstreamRequest): Promise<http.IncomingMessage> {
    try {
      return await this.#send(asked, silenceMs)
    } catch (thrown) {
      throw this.#lost(thrown, !neverSent.has((thrown as NodeJS.ErrnoException).code ?? ''))
    }
  }

  /** Takes the server for gone until a probe has found it again. */
  noteDown(reason: string): void {
    this.#failure = reason
    if (this.#state !== 'down') this.#since = Date.now()
    this.#state = 'down'
    this.#probing ??= this.#probe()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#agent.destroy()
    await this.#probing
  }

  #lost(thrown: unknown, sent: boolean): NoAnswer {
    const failure = new NoAnswer(thrown, sent)
    if (!this.#closing.signal.aborted) this.noteDown(failure.message)
    return failure
  }

  async #probe(): Promise<void> {
    const { signal } = this.#closing
    for (let pause = probeFirstMs; !signal.aborted; pause = Math.min(pause * 1.7, probeMostMs)) {
      if (await this.#answersHealth()) {
        this.#becomeUp()
        break
      }
      if (this.#state === 'unknown') this.#state = 'down'
      // Many relays that lost one server must not come back in step.
      await sleep(pause * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined)
    }
    this.#probing = undefined
  }

  #becomeUp(): void {
    this.#state = 'up'
    this.#since = Date.now()
    this.#failure = undefined
    for (const listener of this.#listeners) listener()
  }

  async #answersHealth(): Promise<boolean> {
    try {
      const health = { method: 'GET', target: '/health', headers: {} }
      const answer = await this.#send(health, probeSilenceMs)
      await buffer(answer)
      if (answer.statusCode === 200) return true
      this.#failure = `/health answers ${answer.statusCode}`
    } catch (thrown) {
      this.#failure = thrown instanceof Error ? thrown.message : String(thrown)
    }
    return false
  }

  async #send(asked: UpstreamRequest, quietMs: number): Promise<http.IncomingMessage> {
    const { method, headers, body } = asked
    const request = (this.#base.protocol === 'https:' ? https : http).request({
      protocol: this.#base.protocol,
      hostname: this.#base.hostname.replace(/^\[|\]$/g, ''),
      port: this.#base.port,
      path: `${this.#base.pathname.replace(/\/$/, '')}${asked.target}`,
      method,
      headers,
      agent: this.#agent,
      ...(asked.signal === undefined ? {} : { signal: asked.signal }),
    })
    request.setTimeout(quietMs, () => {
      request.destroy(new Error(`the server was silent for ${quietMs / 1000} s`))
    })
    return new Promise((resolve, reject) => {
      request.once('response', resolve)
      request.once('error', reject)
      if (body === undefined) request.end()
      else if (body instanceof Uint8Array) request.end(body)
      else void pump(body, request).catch((thrown: Error) => request.destroy(thrown))
    })
  }
}

async function pump(
  content: AsyncIterable<Uint8Array>,
  request: http.ClientRequest,
): Promise<void> {
  for await (const chunk of content) {
    if (request.destroyed) return
    if (!request.write(chunk)) await drained(request)
  }
  request.end()
}

function drained(request: http.ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      request.off('drain', go)
      request.off('close', go)
      resolve()
    }
    request.once('drain', go)
    request.once('close', go)
  })
}
