/**
 * A closed loop of requests to a tracking server, from a process of its own:
 * `load-requests.ts '{"url", "kind", "count", "connections", "run"?, "runs"?}'`. Prints
 * {p50Ms, p99Ms, perSecond, failed, firstFailure}. Loopback addresses only.
 */
import { Agent, request } from 'node:http'
import { type LoadJob, requestsOf } from './requests.ts'

const job = JSON.parse(process.argv[2] ?? '{}') as LoadJob
const target = new URL(job.url)
if (!['127.0.0.1', 'localhost'].includes(target.hostname)) {
  throw new Error(`${target.hostname} is not this machine.`)
}
const agent = new Agent({ keepAlive: true, maxSockets: job.connections })
const make = requestsOf(job)
const tookMs: number[] = []
let failed = 0
let firstFailure = ''
let next = 0

const startedAt = performance.now()
await Promise.all(Array.from({ length: job.connections }, run))
const seconds = (performance.now() - startedAt) / 1000
agent.destroy()
tookMs.sort((a, b) => a - b)
const at = (share: number): number => tookMs[Math.floor(tookMs.length * share)] ?? Number.NaN
console.log(
  JSON.stringify({
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    perSecond: tookMs.length / seconds,
    failed,
    firstFailure,
  }),
)

async function run(): Promise<void> {
  while (next < job.count) await once(next++)
}

function once(index: number): Promise<void> {
  const { method, path, body } = make(index)
  const headers =
    body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const begun = performance.now()
  return new Promise((done, fail) => {
    const call = request(new URL(path, target), { agent, method, headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => void (answer.statusCode === 200 || chunks.push(chunk)))
      answer.once('end', () => {
        tookMs.push(performance.now() - begun)
        if (answer.statusCode !== 200) {
          failed++
          firstFailure ||= `${answer.statusCode} ${Buffer.concat(chunks).toString().slice(0, 200)}`
        }
        done()
      })
    })
    call.once('error', fail)
    call.end(body)
  })
}
