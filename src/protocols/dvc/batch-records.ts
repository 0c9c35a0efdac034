import { invalid } from '#kernel/errors'
import type { BatchRecord } from '#domains/data/index'

/** Contents of at most this are handed on in memory, larger ones as a stream. */
const wholeBytes = 1 << 20
const longestLine = 128
const lineFeed = 10

/**
 * Reads records, `<id> <size>\n` and the bytes. Whoever gets a record as a stream and leaves it early
 * gets the next one all the same. Errors: `invalid` for a line that is no record's, and for an end in
 * the middle.
 */
export async function* readRecords(body: AsyncIterable<Uint8Array>): AsyncGenerator<BatchRecord> {
  const reader = new ByteReader(body)
  try {
    for (;;) {
      const line = await reader.line()
      if (line === undefined) return
      const { id, sizeBytes } = parseLine(line)
      if (sizeBytes <= wholeBytes) {
        yield { id, sizeBytes, content: await reader.bytes(sizeBytes) }
        continue
      }
      const rest = { bytes: sizeBytes }
      yield { id, sizeBytes, content: reader.stream(rest) }
      for await (const passed of reader.stream(rest)) void passed
    }
  } finally {
    await reader.close()
  }
}

function parseLine(line: string): { id: string; sizeBytes: number } {
  const match = /^(\S{1,100}) (\d{1,15})$/.exec(line)
  if (match !== null) return { id: match[1] ?? '', sizeBytes: Number(match[2]) }
  throw invalid(
    `${JSON.stringify(line.slice(0, 100))} is not the line of a record. Write an object id, a space and the size in bytes.`,
  )
}

/** Reads lines and bytes of known length from a stream of pieces. */
class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  #piece: Uint8Array = new Uint8Array()
  #at = 0

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  async close(): Promise<void> {
    await this.#source.return?.()
  }

  /** The next line, or `undefined` at the end. */
  async line(): Promise<string | undefined> {
    let line = ''
    while (await this.#fill()) {
      const end = this.#piece.indexOf(lineFeed, this.#at)
      const part = this.#piece.subarray(this.#at, end < 0 ? undefined : end)
      line += Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('latin1')
      if (line.length > longestLine) throw invalid('A line of the body is too long for a record.')
      this.#at = end < 0 ? this.#piece.byteLength : end + 1
      if (end >= 0) return line
    }
    if (line === '') return undefined
    throw cutShort()
  }

  async bytes(count: number): Promise<Uint8Array> {
    const content = Buffer.allocUnsafe(count)
    for (let filled = 0; filled < count;) {
      if (!(await this.#fill())) throw cutShort()
      const part = this.#take(count - filled)
      content.set(part, filled)
      filled += part.byteLength
    }
    return content
  }

  /** The next `rest.bytes` bytes, counting them down, so that what was left unread is known. */
  async *stream(rest: { bytes: number }): AsyncGenerator<Uint8Array> {
    while (rest.bytes > 0) {
      if (!(await this.#fill())) throw cutShort()
      const part = this.#take(rest.bytes)
      rest.bytes -= part.byteLength
      yield part
    }
  }

  #take(most: number): Uint8Array {
    const part = this.#piece.subarray(this.#at, this.#at + most)
    this.#at += part.byteLength
    return part
  }

  /** Whether there is another byte to be read. */
  async #fill(): Promise<boolean> {
    while (this.#at === this.#piece.byteLength) {
      const next = await this.#source.next()
      if (next.done === true) return false
      this.#piece = next.value
      this.#at = 0
    }
    return true
  }
}

function cutShort(): Error {
  return invalid('The body ended in the middle of a record. What came whole before it is stored.')
}
