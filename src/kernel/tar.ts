import { invalid } from './errors.ts'

/** A file in an archive: where, and how many bytes. */
export interface TarEntry {
  path: string
  sizeBytes: number
}

const blockBytes = 512
const largestField = 0o77777777777
const encoder = new TextEncoder()

/** What closes an archive: two empty blocks. */
export const tarEnd: Uint8Array = new Uint8Array(2 * blockBytes)

/**
 * What stands before a file's bytes in an archive, as POSIX.1-2001 (`pax`) has it. The same entry
 * gives the same bytes: no time, no owner. Names that are long or not ASCII get a header of their own.
 */
export function tarHeader({ path, sizeBytes }: TarEntry): Uint8Array<ArrayBuffer> {
  const plain = isPlain(path) && sizeBytes <= largestField
  const own = headerBlock(plainName(path), Math.min(sizeBytes, largestField), '0')
  if (plain) return own
  const records = encoder.encode(
    record('path', path) + (sizeBytes > largestField ? record('size', String(sizeBytes)) : ''),
  )
  return joined([headerBlock('pax', records.length, 'x'), records, tarPadding(records.length), own])
}

/** The empty bytes that fill a file up to a whole block. */
export function tarPadding(sizeBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array((blockBytes - (sizeBytes % blockBytes)) % blockBytes)
}

function isPlain(path: string): boolean {
  return path.length <= 100 && /^[\x20-\x7e]*$/.test(path)
}

/** What a reader sees that does not know the other header. */
function plainName(path: string): string {
  return path.replaceAll(/[^\x20-\x7e]/g, '_').slice(-100)
}

function headerBlock(name: string, sizeBytes: number, type: string): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(blockBytes)
  const write = (at: number, text: string): void => block.set(encoder.encode(text), at)
  write(0, name)
  write(100, '0000644\0')
  write(108, '0000000\0')
  write(116, '0000000\0')
  write(124, `${octal(sizeBytes, 11)}\0`)
  write(136, `${octal(0, 11)}\0`)
  write(156, type)
  write(257, 'ustar\u000000')
  write(148, `${octal(sumOf(block), 6)}\0 `)
  return block
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}

/** Of all bytes, those of the sum itself read as spaces. */
function sumOf(block: Uint8Array): number {
  let sum = 8 * 32
  for (let i = 0; i < block.length; i++) if (i < 148 || i >= 156) sum += block[i] ?? 0
  return sum
}

/** `length key=value\n`, where the length counts itself. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  const size = encoder.encode(rest).length
  let length = size + String(size).length
  if (String(length).length > String(size).length) length = size + String(length).length
  return `${length}${rest}`
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** A file that was found in an archive. Its content must be read before the next one is asked for. */
export interface FoundFile extends TarEntry {
  content: AsyncIterable<Uint8Array>
}

const mostHeaderBytes = 1024 * 1024

/**
 * Reads the plain files of an archive in their order. Errors: `invalid` where it is cut off, damaged,
 * or holds what is no plain file.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<FoundFile> {
  const bytes = new ByteReader(source)
  try {
    yield* filesIn(bytes)
  } finally {
    await bytes.close()
  }
}

async function* filesIn(bytes: ByteReader): AsyncGenerator<FoundFile> {
  let extended: Partial<TarEntry> = {}
  for (;;) {
    const block = await bytes.take(blockBytes)
    if (block.every((byte) => byte === 0)) return
    const { type, ...plain } = readBlock(block, bytes.position - blockBytes)
    if (type === 'x') {
      if (plain.sizeBytes > mostHeaderBytes) throw damaged('a header is too long', bytes.position)
      extended = readRecords(await bytes.take(plain.sizeBytes))
      await bytes.take(tarPadding(plain.sizeBytes).length)
      continue
    }
    if (type !== '0' && type !== '\0') {
      throw damaged(`"${plain.path}" is no plain file`, bytes.position)
    }
    const entry = { ...plain, ...extended }
    extended = {}
    const content = bytes.portion(entry.sizeBytes)
    yield { ...entry, content }
    await bytes.skip(content)
    await bytes.take(tarPadding(entry.sizeBytes).length)
  }
}

function readBlock(block: Uint8Array, at: number): TarEntry & { type: string } {
  const text = (from: number, length: number): string =>
    new TextDecoder().decode(block.subarray(from, from + length)).replace(/\0.*$/s, '')
  const number = (from: number, length: number): number =>
    Number.parseInt(text(from, length).trim() || '0', 8)
  if (number(148, 8) !== sumOf(block)) throw damaged('a header is not what it says of itself', at)
  const [name, prefix] = [text(0, 100), text(345, 155)]
  const type = String.fromCharCode(block[156] ?? 0)
  return { path: prefix === '' ? name : `${prefix}/${name}`, sizeBytes: number(124, 12), type }
}

function readRecords(bytes: Uint8Array): Partial<TarEntry> {
  const found: Partial<TarEntry> = {}
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(32, at)
    const length = Number(new TextDecoder().decode(bytes.subarray(at, space)))
    if (space < 0 || !(length > space - at)) throw damaged('a header cannot be read', at)
    const text = new TextDecoder().decode(bytes.subarray(space + 1, at + length - 1))
    const [key, ...value] = text.split('=')
    if (key === 'path') found.path = value.join('=')
    if (key === 'size') found.sizeBytes = Number(value.join('='))
    at += length
  }
  return found
}

function damaged(problem: string, at: number): Error {
  return invalid(`The archive is damaged: at byte ${at}, ${problem}.`)
}

/** Bytes of a stream, some at a time. */
class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()
  position = 0

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]()
  }

  async take(count: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    for await (const part of this.portion(count)) parts.push(part)
    return joined(parts)
  }

  /** The next bytes as they come; asked for again, what is left of them. */
  portion(count: number): AsyncIterable<Uint8Array> {
    let left = count
    const next = async (): Promise<Uint8Array | undefined> => {
      if (left === 0) return undefined
      const part = await this.#upTo(left)
      left -= part.length
      return part
    }
    return {
      [Symbol.asyncIterator]: () => ({
        async next() {
          const value = await next()
          return value === undefined ? { done: true, value } : { done: false, value }
        },
      }),
    }
  }

  async skip(portion: AsyncIterable<Uint8Array>): Promise<void> {
    const rest = portion[Symbol.asyncIterator]()
    while ((await rest.next()).done !== true);
  }

  async #upTo(count: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next()
      if (done === true) throw damaged('it ends early', this.position)
      this.#rest = value
    }
    const part = this.#rest.subarray(0, count)
    this.#rest = this.#rest.subarray(part.length)
    this.position += part.length
    return part
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }
}
