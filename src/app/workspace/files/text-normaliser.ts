import type { Algorithm } from '../repository/object-cache.ts'

const headBytes = 512
const returnByte = 13
const newLineByte = 10

/**
 * What DVC 2 hashed: parts of 1 MiB, and in those whose beginning looks like text every CRLF as LF.
 * DVC 3 hashes bytes as they are.
 */
export class TextNormaliser {
  readonly #active: boolean

  constructor(algorithm: Algorithm) {
    this.#active = algorithm === 'md5-dos2unix'
  }

  /** The bytes to hash for a part of up to 1 MiB. */
  normalise(part: Buffer): Buffer {
    return this.#active && looksLikeText(part.subarray(0, headBytes)) ? withoutReturns(part) : part
  }
}

/** No NUL, and at most three in ten bytes that are neither printable ASCII nor white space. */
function looksLikeText(head: Buffer): boolean {
  let others = 0
  for (const byte of head) {
    if (byte === 0) return false
    const isText = (byte >= 32 && byte < 127) || [10, 13, 9, 12, 8].includes(byte)
    if (!isText) others++
  }
  return head.length === 0 || others / head.length <= 0.3
}

function withoutReturns(part: Buffer): Buffer {
  if (!part.includes(returnByte)) return part
  const kept = Buffer.allocUnsafe(part.length)
  let length = 0
  for (let at = 0; at < part.length; at++) {
    const byte = part[at] ?? 0
    if (byte === returnByte && part[at + 1] === newLineByte) continue
    kept[length++] = byte
  }
  return kept.subarray(0, length)
}
