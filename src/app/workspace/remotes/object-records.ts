import { GyreError } from '#kernel/errors'

/* The records of docs/protocols/blobs-batch.md: a line `<id> <size>`, then so many bytes. */

export interface RecordHandler {
  /** A small object, whole. */
  onSmall(id: string, content: Buffer): Promise<void>
  /** The beginning of an object that is not held in memory; gives who takes its parts. */
  onLarge(id: string, sizeBytes: number): Promise<LargeSink>
  onAbsent(id: string): void
}

export interface LargeSink {
  write(part: Buffer): void
  end(): void
}

const longestLine = 200

/**
 * Reads records to their end, objects of up to `smallBytes` in one piece. Errors: `unavailable` for
 * an answer that was cut short or is no list of records; what came whole before was handed on.
 */
export async function readRecords(
  source: AsyncIterable<Uint8Array>,
  smallBytes: number,
  handler: RecordHandler,
): Promise<void> {
  const reader = new ByteReader(source)
  for (let count = 0; ; count++) {
    const line = await reader.line(longestLine)
    if (line === `end ${count}`) return
    const match = /^(\S+) (\d+|-)$/.exec(line)
    if (match === null) throw cutShort()
    const [, id = '', size = ''] = match
    if (size === '-') handler.onAbsent(id)
    else if (Number(size) <= smallBytes) await handler.onSmall(id, await reader.take(Number(size)))
    else await passOn(reader, Number(size), await handler.onLarge(id, Number(size)))
  }
}

async function passOn(reader: ByteReader, sizeBytes: number, sink: LargeSink): Promise<void> {
  for (let left = sizeBytes; left > 0;) {
    const part = await reader.some(left)
    sink.write(part)
    left -= part.length
  }
  sink.end()
}

/** Takes lines and bytes from a stream of parts. */
class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  #held: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  async line(longest: number): Promise<string> {
    for (;;) {
      const end = this.#held.indexOf(10)
      if (end >= 0) return this.#cut(end + 1).toString('latin1', 0, end)
      if (this.#held.length > longest) throw cutShort()
      await this.#more()
    }
  }

  async take(count: number): Promise<Buffer> {
    if (this.#held.length >= count) return this.#cut(count)
    const parts: Buffer[] = []
    for (let left = count; left > 0;) {
      const part = await this.some(left)
      parts.push(part)
      left -= part.length
    }
    return Buffer.concat(parts, count)
  }

  /** What is there, at least a byte and at most `most`. */
  async some(most: number): Promise<Buffer> {
    if (this.#held.length === 0) await this.#more()
    return this.#cut(Math.min(most, this.#held.length))
  }

  #cut(count: number): Buffer {
    const part = this.#held.subarray(0, count)
    this.#held = this.#held.subarray(count)
    return part
  }

  async #more(): Promise<void> {
    const next = await this.#source.next()
    if (next.done === true) throw cutShort()
    const part = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength)
    this.#held = this.#held.length === 0 ? part : Buffer.concat([this.#held, part])
  }
}

function cutShort(): GyreError {
  return new GyreError({
    code: 'unavailable',
    public: 'The answer was cut short on its way. Try again: what came whole is kept.',
  })
}
