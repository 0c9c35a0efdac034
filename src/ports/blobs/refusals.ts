import { GyreError, invalid } from '#kernel/errors'
import type { BlobStat, PutOptions } from './blobs.ts'

/* What every store refuses, and in which words. */

const digestPattern = /^[0-9a-f]{64}$/

export function checkDigest(sha256: string): string {
  if (digestPattern.test(sha256)) return sha256
  throw invalid(
    `${JSON.stringify(sha256.slice(0, 100))} is not a sha256 in lower-case hexadecimal.`,
  )
}

export function checkSize(sizeBytes: number, { maxBytes }: PutOptions): void {
  if (maxBytes === undefined || sizeBytes <= maxBytes) return
  throw new GyreError({
    code: 'too_large',
    public: `The content is larger than the ${maxBytes} bytes that are allowed. Nothing was stored.`,
  })
}

/** Refuses content that is not what the caller said it would be. */
export function checkExpected(stat: BlobStat, { expect }: PutOptions): void {
  if (expect === undefined) return
  for (const name of ['sizeBytes', 'sha256', 'md5'] as const) {
    if (expect[name] === undefined || expect[name] === stat[name]) continue
    throw invalid(
      `The content has ${name} ${stat[name]}, not ${expect[name]} as announced. It was damaged or cut ` +
        'short on the way; send it again. Nothing was stored.',
    )
  }
}

/** The same stream, which ends with an error at once when the signal says so. */
export async function* abortable(
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (signal === undefined) {
    yield* content
    return
  }
  const iterator = content[Symbol.asyncIterator]()
  let ended = false
  // One promise for each piece: what raced against a promise that lasts would be kept by it.
  let giveUp: ((reason: unknown) => void) | undefined
  const abort = (): void => giveUp?.(interrupted(signal.reason))
  signal.addEventListener('abort', abort)
  try {
    for (;;) {
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        giveUp = reject
        if (signal.aborted) abort()
        else iterator.next().then(resolve, reject)
      })
      if (next.done === true) {
        ended = true
        return
      }
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    // A source that hangs must not hold up the one who gave up on it.
    if (!ended) iterator.return?.().then(undefined, () => undefined)
  }
}

function interrupted(reason: unknown): GyreError {
  const text = 'The transfer was interrupted before its end. Nothing was stored.'
  return new GyreError({ code: 'unavailable', public: text, cause: reason })
}
