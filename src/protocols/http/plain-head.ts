/** The head of a request as nearly every client writes it. */
export interface PlainHead {
  path: string
  /** By lower-case name, each given once. */
  headers: Readonly<Record<string, string>>
  bodyBytes: number
}

/** With one of these a request is more than a head and a body of known length. */
const elaborate: ReadonlySet<string> = new Set([
  'content-encoding',
  'expect',
  'http2-settings',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

// Stricter than RFC 9112 on purpose: what is not plain has another reader.
const requestLine = /^POST (\/[\w.:~/-]*) HTTP\/1\.1$/
const headerLine = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([ -~]*?)[ \t]*$/

/**
 * Reads the head of a POST, given without the empty line at its end; undefined for every head that
 * could be understood in two ways, is not valid, or asks for more than an answer to one body.
 */
export function readPlainHead(text: string): PlainHead | undefined {
  const [first = '', ...lines] = text.split('\r\n')
  const path = requestLine.exec(first)?.[1]
  if (path === undefined || path.includes('//')) return undefined
  const headers = Object.create(null) as Record<string, string>
  for (const line of lines) {
    const [, given, value] = headerLine.exec(line) ?? []
    if (given === undefined || value === undefined) return undefined
    const name = given.toLowerCase()
    if (name in headers || elaborate.has(name)) return undefined
    headers[name] = value
  }
  const { host, connection } = headers
  const length = headers['content-length'] ?? ''
  if (host === undefined || !/^\d{1,7}$/.test(length)) return undefined
  if (connection !== undefined && connection.toLowerCase() !== 'keep-alive') return undefined
  return { path, headers, bodyBytes: Number(length) }
}
