import { createHash, hash } from 'node:crypto'
import { readSync } from 'node:fs'
import type { Algorithm } from '../repository/object-cache.ts'
import { TextNormaliser } from './text-normaliser.ts'

export const partBytes = 1 << 20

/** A buffer that files are read through, part by part. */
export class PartBuffer {
  readonly #bytes = Buffer.allocUnsafe(partBytes)

  /** The next part of an open file: a whole megabyte unless the file ends in it. Valid until the next. */
  next(file: number): Buffer {
    let filled = 0
    while (filled < partBytes) {
      const read = readSync(file, this.#bytes, filled, partBytes - filled, null)
      if (read === 0) break
      filled += read
    }
    return this.#bytes.subarray(0, filled)
  }

  /** The rest of a file, whose first part was read, handed on part by part. Gives its md5 in hex. */
  digest(
    file: number,
    first: Buffer,
    algorithm: Algorithm,
    each: (part: Buffer) => void = () => undefined,
  ): string {
    if (first.length < partBytes) {
      each(first)
      return digestOfContent(first, algorithm)
    }
    const normaliser = new TextNormaliser(algorithm)
    const md5 = createHash('md5')
    for (let part = first; part.length > 0; part = this.next(file)) {
      md5.update(normaliser.normalise(part))
      each(part)
    }
    return md5.digest('hex')
  }
}

/** The md5 of up to a megabyte. */
export function digestOfContent(content: Buffer, algorithm: Algorithm): string {
  return hash('md5', new TextNormaliser(algorithm).normalise(content), 'hex')
}
