/**
 * A closed loop of requests from a process of its own: `load.ts URL CONNECTIONS SECONDS json|binary`.
 * Prints {requestsPerSecond, p50Ms, p99Ms, failed}. Loopback addresses only.
 */
import { Agent, request } from 'node:http'

const [url = '', connections = '1', seconds = '3', kind = 'json'] = process.argv.slice(2)
const target = new URL(url)
if (!['127.0.0.1', 'localhost', '[::1]'].includes(target.hostname)) {
  throw new Error(`${target.hostname} is not this machine.`)
}
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) })
const { headers, body } = kind === 'binary' ? binaryRequest() : jsonRequest()
const tookMs: number[] = []
let failed = 0

const warmUntil = performance.now() + 500
while (performance.now() < warmUntil) await once()
tookMs.length = 0
failed = 0
const startedAt = performance.now()
const until = startedAt + 1000 * Number(seconds)
await Promise.all(Array.from({ length: Number(connections) }, run))
const elapsed = (performance.now() - startedAt) / 1000
tookMs.sort((a, b) => a - b)
agent.destroy()
console.log(
  JSON.stringify({
    requestsPerSecond: Math.round(tookMs.length / elapsed),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    failed,
  }),
)

async function run(): Promise<void> {
  while (performance.now() < until) await once()
}

function at(share: number): number {
  return Number((tookMs[Math.floor(tookMs.length * share)] ?? Number.NaN).toFixed(3))
}

function once(): Promise<void> {
  const begun = performance.now()
  return new Promise((done, fail) => {
    const call = request(target, { agent, method: 'POST', headers }, (answer) => {
      if (answer.statusCode !== 200) failed++
      answer.resume()
      answer.once('end', () => {
        tookMs.push(performance.now() - begun)
        done()
      })
    })
    call.once('error', fail)
    call.end(body)
  })
}

/** One row of the seven features of the flights' model. */
function jsonRequest(): { headers: Record<string, string | number>; body: Buffer } {
  const tensor = { name: 'input', shape: [1, 7], datatype: 'FP32', data: row() }
  const text = Buffer.from(JSON.stringify({ inputs: [tensor] }))
  return {
    headers: { 'content-type': 'application/json', 'content-length': text.length, ...project() },
    body: text,
  }
}

function binaryRequest(): { headers: Record<string, string | number>; body: Buffer } {
  const parameters = { binary_data_size: 28 }
  const head = Buffer.from(
    JSON.stringify({
      inputs: [{ name: 'input', shape: [1, 7], datatype: 'FP32', parameters }],
      parameters: { binary_data_output: true },
    }),
  )
  const whole = Buffer.concat([head, Buffer.from(Float32Array.from(row()).buffer)])
  return {
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': whole.length,
      'inference-header-content-length': head.length,
      ...project(),
    },
    body: whole,
  }
}

function row(): number[] {
  return [0.2, 0.2, 0.2, 0.2, 17, 3, 2]
}

function project(): Record<string, string> {
  return { 'x-gyre-project': 'flights' }
}
