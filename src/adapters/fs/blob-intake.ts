import { createHash, hash } from 'node:crypto'
import { write, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { GyreError, invalid } from '#kernel/errors'
import type { BlobStat, PutOptions } from '#ports/blobs/blobs'

const bufferBytes = 1 << 20
const writeLater = promisify(write)

/** Opens where an intake's bytes go once they are more than fits in memory; gives the descriptor. */
export type OpenFile = () => number

/** What was taken in: its names, and the bytes if they never left memory. */
export interface Intake {
  stat: BlobStat
  /** Undefined when the bytes went to the file. */
  content: Uint8Array | undefined
}

export function statOf(content: Uint8Array): BlobStat {
  return {
    sha256: hash('sha256', content, 'hex'),
    md5: hash('md5', content, 'hex'),
    sizeBytes: content.byteLength,
  }
}

/**
 * Reads a stream once. What fits into 1 MiB stays in memory; more is written to a file while it is
 * hashed. Throws `too_large` and `unavailable` (aborted) as soon as it knows.
 */
export async function takeIn(
  content: AsyncIterable<Uint8Array>,
  options: PutOptions,
  openFile: OpenFile,
): Promise<Intake> {
  const sha256 = createHash('sha256')
  const md5 = createHash('md5')
  const buffer = Buffer.allocUnsafe(bufferBytes)
  let file: number | undefined
  let filled = 0
  let sizeBytes = 0
  const flush = async (): Promise<void> => {
    const part = buffer.subarray(0, filled)
    sha256.update(part)
    md5.update(part)
    file ??= openFile()
    await writeAll(file, part)
    filled = 0
  }
  for await (const chunk of abortable(content, options.signal)) {
    sizeBytes += chunk.byteLength
    checkSize(sizeBytes, options)
    for (let at = 0; at < chunk.byteLength;) {
      const part = chunk.subarray(at, at + bufferBytes - filled)
      buffer.set(part, filled)
      filled += part.byteLength
      at += part.byteLength
      if (filled === bufferBytes) await flush()
    }
  }
  if (file === undefined) {
    const whole = buffer.subarray(0, filled)
    return { stat: statOf(whole), content: whole }
  }
  await flush()
  return {
    stat: { sha256: sha256.digest('hex'), md5: md5.digest('hex'), sizeBytes },
    content: undefined,
  }
}

/**
 * Writes small content at once: a trip to the thread pool costs more than the copy into the page
 * cache, and small files are the normal case.
 */
export async function writeAll(file: number, content: Uint8Array): Promise<void> {
  for (let at = 0; at < content.byteLength;) {
    at +=
      content.byteLength > bufferBytes
        ? (await writeLater(file, content, at)).bytesWritten
        : writeSync(file, content, at)
  }
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
async function* abortable(
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (signal === undefined) {
    yield* content
    return
  }
  const aborted = Promise.withResolvers<never>()
  aborted.promise.catch(() => undefined)
  const abort = () => aborted.reject(interrupted(signal.reason))
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  const iterator = content[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted.promise])
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
