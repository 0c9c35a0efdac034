import type { IncomingMessage } from 'node:http'
import { GyreError, invalid } from '#kernel/errors'

/** A caller that sends nothing for so long is gone. */
export const idleMs = 60_000

/**
 * A whole body in memory, by events: iterating over a stream costs as much as all the rest of a
 * small request. Errors: `too_large` past `maxBytes`, `invalid` when it stalls or is cut short.
 */
export function collectBody(message: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(message.headers['content-length'] ?? 0) > maxBytes) {
    return Promise.reject(tooLarge(maxBytes))
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let sizeBytes = 0
    const timer = setTimeout(() => fail(stalled()), idleMs)
    const fail = (error: unknown): void => {
      clearTimeout(timer)
      message.removeAllListeners('data')
      reject(error)
    }
    message.on('data', (chunk: Buffer) => {
      timer.refresh()
      sizeBytes += chunk.length
      if (sizeBytes > maxBytes) fail(tooLarge(maxBytes))
      else chunks.push(chunk)
    })
    message.once('end', () => {
      clearTimeout(timer)
      const [only] = chunks
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks))
    })
    message.once('error', fail)
    message.once('close', () => {
      // Every request closes in the end; only one without an end is cut short.
      if (!message.readableEnded) fail(invalid('The body ended before it was complete.'))
    })
  })
}

export function stalled(): GyreError {
  return invalid(`The body stopped arriving for ${idleMs / 1000} s.`)
}

export function tooLarge(maxBytes: number): GyreError {
  const limit = maxBytes.toLocaleString('en-US')
  return new GyreError({
    code: 'too_large',
    public: `The body is larger than the ${limit} bytes that this operation accepts.`,
  })
}
