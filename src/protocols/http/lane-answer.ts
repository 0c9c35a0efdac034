import { STATUS_CODES } from 'node:http'

export interface LaneAnswer {
  status: number
  contentType: string
  headers: Readonly<Record<string, string>>
  body: string | Buffer
}

/** Gives a whole answer as HTTP/1.1: a text of Latin-1 where it is ASCII, else bytes. */
export type AnswerWriter = (
  answer: LaneAnswer,
  about: { requestId: string; last: boolean },
) => string | Buffer

/** `fixed` are the headers of every answer; `last` says that the connection ends with this one. */
export function createAnswerWriter(
  fixed: Readonly<Record<string, string>>,
  keepAliveMs: number,
): AnswerWriter {
  const fixedLines = Object.entries(fixed)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  const going = `Connection: keep-alive\r\nKeep-Alive: timeout=${keepAliveMs / 1000}\r\n\r\n`
  let dateSecond = 0
  let dateLine = ''
  const currentDate = (): string => {
    const second = Math.floor(Date.now() / 1000)
    if (second === dateSecond) return dateLine
    dateSecond = second
    dateLine = `Date: ${new Date(second * 1000).toUTCString()}\r\n`
    return dateLine
  }
  return ({ status, contentType, headers, body }, { requestId, last }) => {
    const length = Buffer.byteLength(body)
    let head = status === 200 ? 'HTTP/1.1 200 OK\r\n' : statusLine(status)
    head += fixedLines
    for (const name in headers) head += `${name}: ${headers[name]}\r\n`
    head += `x-request-id: ${requestId}\r\ncontent-type: ${contentType}\r\ncontent-length: ${length}\r\n`
    head += currentDate() + (last ? 'Connection: close\r\n\r\n' : going)
    if (typeof body !== 'string') return Buffer.concat([Buffer.from(head, 'latin1'), body])
    // As many bytes as characters: it is ASCII.
    return length === body.length ? head + body : Buffer.from(head + body)
  }
}

function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
}
