import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { invalid } from '#kernel/errors'
import { jsonDepth } from '#kernel/json'
import { collectBody, idleMs, stalled, tooLarge } from './collect-body.ts'

const defaultJsonBytes = 1024 * 1024
const deepestJson = 64
const discardMs = 10_000

/** Reads a JSON body of at most `maxBytes`; `undefined` for an empty one. */
export async function readJsonBody(
  body: IncomingMessage,
  maxBytes: number = defaultJsonBytes,
): Promise<unknown> {
  const content = await collectBody(body, maxBytes)
  return content.length === 0 ? undefined : parseJson(decode(content))
}

/** Reads JSON that somebody sent. Errors: `invalid` for what is none, or is nested too deeply. */
export function parseJson(text: string): unknown {
  const depth = jsonDepth(text)
  if (depth > deepestJson) {
    throw invalid(`The body is nested ${depth} levels deep; at most ${deepestJson} are allowed.`)
  }
  try {
    return JSON.parse(text)
  } catch (thrown) {
    throw invalid(`The body is not valid JSON: ${(thrown as SyntaxError).message}`)
  }
}

/** Bytes as text. Errors: `invalid` for what is not UTF-8. */
export function decode(content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch {
    throw invalid('The body is not valid UTF-8.')
  }
}

/** A body as it arrives. Throws `too_large` past `maxBytes` and `invalid` when the caller stalls. */
export async function* readBytesBody(
  body: Readable,
  maxBytes: number | undefined,
): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0
  const timer = setTimeout(() => body.destroy(stalled()), idleMs)
  try {
    // Destroying the request would take the connection with it, and the answer that says why.
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      timer.refresh()
      const bytes = chunk as Uint8Array
      sizeBytes += bytes.length
      if (maxBytes !== undefined && sizeBytes > maxBytes) throw tooLarge(maxBytes)
      yield bytes
    }
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Lets the rest of a body arrive that was refused, so that its sender reads the answer, but not for
 * ever.
 */
export function discardRest(body: IncomingMessage): void {
  if (body.complete) return
  const timer = setTimeout(() => body.destroy(), discardMs)
  body.once('close', () => clearTimeout(timer))
  body.once('end', () => clearTimeout(timer))
  body.resume()
}

/** Refuses by the announced length, before anything is read. */
export function checkAnnouncedLength(
  length: string | undefined,
  maxBytes: number | undefined,
): void {
  if (length !== undefined && maxBytes !== undefined && Number(length) > maxBytes) {
    throw tooLarge(maxBytes)
  }
}

/** The limit of a JSON body that says none itself. */
export function jsonLimit(maxBodyBytes: number | undefined): number {
  return maxBodyBytes ?? defaultJsonBytes
}
