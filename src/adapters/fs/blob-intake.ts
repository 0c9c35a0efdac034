import { createHash, hash } from 'node:crypto'
import { write, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import type { BlobStat, PutOptions } from '#ports/blobs/blobs'
import { abortable, checkSize } from '#ports/blobs/refusals'

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
