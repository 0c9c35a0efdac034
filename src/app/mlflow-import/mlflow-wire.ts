import { GyreError } from '#kernel/errors'
import type { JsonObject } from '#kernel/json'

export interface WireOptions {
  url: string
  authorization: string | undefined
  workspace: string | undefined
}

const mostTries = 5
const again: ReadonlySet<number> = new Set([408, 429, 502, 503, 504])

/** MLflow's REST API at the other end: the server that is left, and the Gyre that is reached. */
export class MlflowWire {
  readonly #options: WireOptions

  constructor(options: WireOptions) {
    this.#options = options
  }

  get url(): string {
    return this.#options.url
  }

  /** Errors: what the server says, as `not_found` or `invalid`; `unavailable` when it is not there. */
  async get(path: string, query: Record<string, string> = {}): Promise<JsonObject> {
    const text = new URLSearchParams(query).toString()
    return this.#json(await this.send('GET', `${path}${text === '' ? '' : `?${text}`}`))
  }

  async post(
    path: string,
    body: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<JsonObject> {
    return this.#json(await this.send('POST', path, JSON.stringify(body), headers))
  }

  async patch(path: string, body: object): Promise<JsonObject> {
    return this.#json(await this.send('PATCH', path, JSON.stringify(body)))
  }

  /** Uploads a file; not repeated by itself, since its bytes are gone. */
  async put(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#fetch('PUT', path, content)
  }

  /** A file's bytes. */
  async *read(path: string): AsyncGenerator<Uint8Array> {
    const answer = await this.send('GET', path)
    if (answer.body !== null) yield* answer.body as unknown as AsyncIterable<Uint8Array>
  }

  /** One request below the server's root, repeated while the server is busy. */
  async send(
    method: string,
    path: string,
    body?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#fetch(method, path, body, headers)
      } catch (thrown) {
        if (!(thrown instanceof GyreError) || !thrown.retryable || tries === mostTries) throw thrown
        await new Promise((resolve) => setTimeout(resolve, 200 * 2 ** tries))
      }
    }
  }

  async #fetch(
    method: string,
    path: string,
    body?: string | AsyncIterable<Uint8Array>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const { url, authorization, workspace } = this.#options
    const init: RequestInit & { duplex?: 'half' } = {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(workspace === undefined ? {} : { 'x-mlflow-workspace': workspace }),
        ...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : typeof body === 'string'
          ? { body }
          : { body: body as unknown as ReadableStream, duplex: 'half' }),
    }
    const answer = await fetch(`${url}/${path}`, init).catch((thrown: unknown) => {
      throw new GyreError({
        code: 'unavailable',
        public: `The server ${url} does not answer.`,
        cause: thrown,
      })
    })
    if (answer.ok) return answer
    throw await errorOf(answer, `${method} ${url}/${path.split('?')[0]}`)
  }

  async #json(answer: Response): Promise<JsonObject> {
    return (await answer.json()) as JsonObject
  }
}

async function errorOf(answer: Response, asked: string): Promise<GyreError> {
  const text = await answer.text()
  const code = again.has(answer.status)
    ? 'unavailable'
    : answer.status === 404
      ? 'not_found'
      : answer.status === 401
        ? 'unauthenticated'
        : 'invalid'
  return new GyreError({ code, public: `${asked} answers ${answer.status}: ${messageIn(text)}` })
}

function messageIn(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    if (typeof message === 'string') return message
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
  }
  return text.slice(0, 200)
}
