import { invalid } from '#kernel/errors'
import type { Context } from '#domains/access/index'

/** DVC 2 reads files in pieces of this size and looks at each by itself. */
const pieceBytes = 1 << 20
const lookedAtBytes = 512
const carriageReturn = 13
const lineFeed = 10

/**
 * The same stream, which fails with `invalid` at its end when it is not what DVC 2 calls `digest`:
 * the md5 of the bytes with CRLF turned into LF in every MiB that looks like text.
 */
export async function* checkedAsText(
  { createMd5 }: Pick<Context, 'createMd5'>,
  content: AsyncIterable<Uint8Array>,
  digest: string,
): AsyncGenerator<Uint8Array> {
  const asText = createMd5()
  const piece = new Uint8Array(pieceBytes)
  let filled = 0
  for await (const chunk of content) {
    for (let at = 0; at < chunk.byteLength;) {
      const part = chunk.subarray(at, at + pieceBytes - filled)
      piece.set(part, filled)
      filled += part.byteLength
      at += part.byteLength
      if (filled < pieceBytes) continue
      asText.update(unixText(piece))
      filled = 0
    }
    yield chunk
  }
  asText.update(unixText(piece.subarray(0, filled)))
  const found = asText.hex()
  if (found === digest) return
  throw invalid(
    `The content has md5 ${found} as text, not ${digest} as its name says. It was damaged or cut short on the way; push it again. Nothing was stored.`,
  )
}

/** A copy with CRLF turned into LF, or the piece itself when it does not look like text. */
function unixText(piece: Uint8Array): Uint8Array {
  if (!looksLikeText(piece.subarray(0, lookedAtBytes))) return piece
  const text = new Uint8Array(piece.byteLength)
  let length = 0
  for (let i = 0; i < piece.byteLength; i++) {
    const byte = piece[i] ?? 0
    if (byte !== carriageReturn || piece[i + 1] !== lineFeed) text[length++] = byte
  }
  return text.subarray(0, length)
}

/** As DVC decides: no NUL, and at most three in ten bytes that are not printable ASCII. */
function looksLikeText(start: Uint8Array): boolean {
  let strange = 0
  for (const byte of start) {
    if (byte === 0) return false
    if ((byte < 32 || byte > 126) && ![8, 9, 10, 12, 13].includes(byte)) strange++
  }
  return strange <= 0.3 * start.byteLength
}
