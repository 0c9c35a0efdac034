/**
 * A closed loop of requests from a process of its own: `load.ts URL CONNECTIONS SECONDS json|binary
 * [ROWS]`. Prints {requestsPerSecond, rowsPerSecond, p50Ms, p99Ms, failed, cpuSeconds}. Loopback
 * addresses only. Requests are made once and answers read no further than to their end: the
 * generator shares the cores with what it measures, and must not be what is measured.
 */
import { connect, type Socket } from 'node:net'

const [url = '', connections = '1', seconds = '3', kind = 'json', rowCount = '1'] =
  process.argv.slice(2)
const target = new URL(url)
if (!['127.0.0.1', 'localhost', '[::1]'].includes(target.hostname)) {
  throw new Error(`${target.hostname} is not this machine.`)
}
const rows = Number(rowCount)
const request = kind === 'binary' ? binaryRequest() : jsonRequest()
const warmMs = 1000
let tookMs: number[] = []
let failed = 0
let until = performance.now() + warmMs

await Promise.all(Array.from({ length: Number(connections) }, run))
tookMs = []
failed = 0
const before = process.cpuUsage()
const startedAt = performance.now()
until = startedAt + 1000 * Number(seconds)
await Promise.all(Array.from({ length: Number(connections) }, run))
const elapsed = (performance.now() - startedAt) / 1000
const { user, system } = process.cpuUsage(before)
tookMs.sort((a, b) => a - b)
console.log(
  JSON.stringify({
    requestsPerSecond: Math.round(tookMs.length / elapsed),
    rowsPerSecond: Math.round((rows * tookMs.length) / elapsed),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    failed,
    cpuSeconds: (user + system) / 1e6,
  }),
)

function at(share: number): number {
  return Number((tookMs[Math.floor(tookMs.length * share)] ?? Number.NaN).toFixed(3))
}

/** Asks over one connection, again as soon as it is answered, until the time is up. */
function run(): Promise<void> {
  const socket = connect({ host: target.hostname, port: Number(target.port), noDelay: true })
  return new Promise((done, fail) => {
    let begun = 0
    const ask = (): void => {
      begun = performance.now()
      socket.write(request)
    }
    socket.once('connect', ask)
    socket.once('error', fail)
    socket.once('close', () => done())
    readAnswers(socket, (ok) => {
      const now = performance.now()
      tookMs.push(now - begun)
      if (!ok) failed++
      if (now < until) ask()
      else socket.destroy()
    })
  })
}

/** Tells of each whole answer whether it has the status 200. */
function readAnswers(socket: Socket, answered: (ok: boolean) => void): void {
  let pending: Buffer | undefined
  socket.on('data', (chunk: Buffer) => {
    const bytes = pending === undefined ? chunk : Buffer.concat([pending, chunk])
    const length = answerLength(bytes)
    if (length === undefined || length > bytes.length) {
      pending = bytes
      return
    }
    pending = undefined
    if (bytes.length > length) throw new Error('The answer is longer than it says.')
    answered(bytes.toString('latin1', 9, 12) === '200')
  })
}

/** Bytes of the answer that begins here; undefined: its head has not arrived. */
function answerLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = bytes.toString('latin1', 0, end)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) return end + 4 + Number(length)
  throw new Error(`The answer does not say how long it is: ${head}`)
}

/** Rows of the seven features of the flights' model. */
function jsonRequest(): Buffer {
  const tensor = { name: 'input', shape: [rows, 7], datatype: 'FP32', data: features() }
  const body = Buffer.from(JSON.stringify({ inputs: [tensor] }))
  return whole('Content-Type: application/json\r\n', body)
}

function binaryRequest(): Buffer {
  const parameters = { binary_data_size: 28 * rows }
  const head = Buffer.from(
    JSON.stringify({
      inputs: [{ name: 'input', shape: [rows, 7], datatype: 'FP32', parameters }],
      parameters: { binary_data_output: true },
    }),
  )
  const body = Buffer.concat([head, Buffer.from(Float32Array.from(features()).buffer)])
  return whole(
    `Content-Type: application/octet-stream\r\nInference-Header-Content-Length: ${head.length}\r\n`,
    body,
  )
}

function whole(headers: string, body: Buffer): Buffer {
  const head =
    `POST ${target.pathname} HTTP/1.1\r\nHost: ${target.host}\r\nConnection: keep-alive\r\n` +
    `X-Gyre-Project: flights\r\n${headers}Content-Length: ${body.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), body])
}

function features(): number[] {
  return Array.from({ length: rows }, () => [0.2, 0.2, 0.2, 0.2, 17, 3, 2]).flat()
}
