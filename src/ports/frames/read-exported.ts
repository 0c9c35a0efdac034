import type { FrameSession } from './frames.ts'
import { quoteText } from './frames.ts'

/** A multiple of 3, so that pieces of base64 have no padding inside. */
const pieceBytes = 3 * 2 ** 20

/**
 * The bytes of a file that the session exported. It is the engine that reads them: rooms have no
 * files, and a blob needs bytes.
 */
export async function* readExported(
  session: FrameSession,
  path: string,
): AsyncGenerator<Uint8Array> {
  await session.run(
    `CREATE TEMP TABLE exported AS SELECT content, octet_length(content) AS size FROM read_blob(${quoteText(path)})`,
  )
  try {
    const [whole] = await session.rows<{ size: number }>('SELECT size FROM exported')
    const size = whole?.size ?? 0
    for (let start = 0; start < size; start += pieceBytes) {
      const [piece] = await session.rows<{ text: string }>(
        `SELECT to_base64(array_slice(content, ${start + 1}, ${start + pieceBytes})) AS text FROM exported`,
      )
      yield decodeBase64(piece?.text ?? '')
    }
  } finally {
    await session.run('DROP TABLE exported')
  }
}

function decodeBase64(text: string): Uint8Array {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
