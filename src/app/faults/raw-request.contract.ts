import assert from 'node:assert/strict'
import { type Agent, request } from 'node:http'
import { connect } from 'node:net'
import { errorCodes } from '#kernel/errors'

export interface Asked {
  method: string
  path: string
  headers?: Record<string, string>
  body?: string | Uint8Array
}

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

export function jsonRequest(body: string | Uint8Array): Pick<Asked, 'headers' | 'body'> {
  return { headers: { 'content-type': 'application/json' }, body }
}

/** As fetch, but sends what it is given: addresses are not tidied up. */
export function ask(
  url: string,
  agent: Agent,
  { method, path, headers, body }: Asked,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const sent = request({ hostname, port, path, method, headers, agent }, (got) => {
      const chunks: Buffer[] = []
      got.on('data', (chunk: Buffer) => chunks.push(chunk))
      got.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status: got.statusCode ?? 0, headers: got.headers, text })
      })
      got.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** That a failure is told in the one shape, with nothing of the inside in it. */
export function checkShape({ headers, text }: Answer, what: string): void {
  assert.match(String(headers['content-type']), /^application\/json/, what)
  const { error } = JSON.parse(text) as { error: Record<string, unknown> }
  const { code, message, requestId, details: _details, ...others } = error
  assert.deepEqual(others, {}, what)
  assert.ok(errorCodes.includes(code as (typeof errorCodes)[number]), what)
  assert.equal(requestId, headers['x-request-id'], what)
  assert.ok(typeof message === 'string' && message.length > 5 && message.length < 3000, what)
  assert.doesNotMatch(text, /\\n\s+at |SQLITE|ERR_|\/src\/|node_modules/, what)
}

/** Announces a body, sends half of it, and hangs up. */
export async function sendHalf(url: string, start: string, sizeBytes: number): Promise<void> {
  const { hostname, port } = new URL(url)
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${start} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: ${sizeBytes}\r\n\r\n`)
      socket.write(Buffer.alloc(sizeBytes / 2), () => {
        socket.destroy()
        resolve()
      })
    })
    socket.on('error', () => resolve())
  })
}
