type Content = AsyncIterable<Uint8Array>

/** All of it. */
export async function bytesOf(content: Content): Promise<Uint8Array<ArrayBuffer>[]> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  for await (const chunk of content) chunks.push(chunk.slice())
  return chunks
}

export interface FileText {
  text: string
  /** There is more than was read. */
  isCut: boolean
}

/** At most the first `mostBytes`; nothing when there are zero bytes or broken UTF-8 among them. */
export async function textOf(content: Content, mostBytes: number): Promise<FileText | null> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let size = 0
  try {
    for await (const chunk of content) {
      if (chunk.includes(0)) return null
      text += decoder.decode(chunk, { stream: true })
      size += chunk.length
      if (size > mostBytes) return { text: text.slice(0, mostBytes), isCut: true }
    }
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
  return { text, isCut: false }
}
