/**
 * Mixed load on one server for as long as it is told: `soak.ts SECONDS`. Trainers log batches and
 * single points, readers search and draw, all with errors counted; prints latencies, memory over
 * time and how many points are there in the end.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startGyre } from './tracking/peers.ts'
import { type LoadRequest, requestsOf } from './tracking/requests.ts'

const seconds = Number(process.argv[2] ?? 3600)
const directory = await mkdtemp(join(tmpdir(), 'gyre-soak-'))
const peer = await startGyre(directory, 'sqlite')
const until = performance.now() + 1000 * seconds
const tookMs: Record<string, number[]> = {}
const errors: string[] = []
const memoryMb: number[] = []
let points = 0

async function send<T>({ method, path, body }: LoadRequest, kind: string): Promise<T | undefined> {
  const begun = performance.now()
  const init = body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }
  try {
    const answer = await fetch(`${peer.url}${path}`, { method, ...init })
    const content = (await answer.json()) as T
    ;(tookMs[kind] ??= []).push(performance.now() - begun)
    if (answer.ok) return content
    errors.push(`${kind}: ${answer.status} ${JSON.stringify(content).slice(0, 200)}`)
  } catch (thrown) {
    errors.push(`${kind}: ${String(thrown)}`)
  }
  return undefined
}

const post = (path: string, body: object): LoadRequest => {
  return { method: 'POST', path: `/api/2.0/mlflow/${path}`, body: JSON.stringify(body) }
}
const made = await send<{ experiment_id: string }>(
  post('experiments/create', { name: 'soak' }),
  'new',
)
const experiment = made?.experiment_id ?? ''

async function train(): Promise<void> {
  while (performance.now() < until) {
    const body = { experiment_id: experiment, start_time: Date.now() }
    const created = await send<{ run: { info: { run_id: string } } }>(
      post('runs/create', body),
      'create',
    )
    const run = created?.run.info.run_id
    if (run === undefined) continue
    const job = { url: peer.url, connections: 1, count: 0, experiment, run }
    for (let i = 0; i < 60 && performance.now() < until; i++) {
      const kind = i % 10 === 0 ? 'log-batch-1000' : i % 2 === 0 ? 'log-batch-10' : 'log-metric'
      const logged = await send(requestsOf({ ...job, kind })(i), kind)
      if (logged !== undefined)
        points += { 'log-batch-1000': 1000, 'log-batch-10': 10, 'log-metric': 1 }[kind]
      await sleep(20)
    }
  }
}

async function read(): Promise<void> {
  const job = { url: peer.url, connections: 1, count: 0, experiment }
  const search = {
    ...job,
    kind: 'search' as const,
    filter: 'metrics.m0 > 0.5',
    orderBy: ['metrics.m1 DESC'],
  }
  while (performance.now() < until) {
    const found = await send<{ runs?: { info: { run_id: string } }[] }>(
      requestsOf(search)(0),
      'search',
    )
    const run = found?.runs?.[0]?.info.run_id
    if (run !== undefined) {
      await send(requestsOf({ ...job, kind: 'bulk-interval', run, key: 'm0' })(0), 'bulk-interval')
    }
    await sleep(200)
  }
}

async function watch(): Promise<void> {
  while (performance.now() < until) {
    memoryMb.push(Math.round((await peer.usage()).residentBytes / 1e6))
    await sleep(Math.min(30_000, 100 * seconds))
  }
}

await Promise.all([...Array.from({ length: 4 }, train), read(), read(), watch()])
const summary = Object.fromEntries(
  Object.entries(tookMs).map(([kind, times]) => {
    const sorted = times.toSorted((a, b) => a - b)
    const at = (share: number) =>
      Number((sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1))
    return [kind, { count: times.length, p50Ms: at(0.5), p99Ms: at(0.99), mostMs: at(0.99999) }]
  }),
)
console.log(
  JSON.stringify(
    { seconds, points, errors: errors.length, first: errors.slice(0, 5), summary, memoryMb },
    null,
    2,
  ),
)
await peer.stop()
await rm(directory, { recursive: true })
