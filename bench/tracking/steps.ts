import { runScript } from '../process.ts'
import type { Peer } from './peers.ts'
import type { LoadJob } from './requests.ts'

export interface Load {
  p50Ms: number
  p95Ms: number
  p99Ms: number
  perSecond: number
  failed: number
  firstFailure: string
}

/** CPU milliseconds of all processes of the server and its database, and what the client saw. */
export interface Figure {
  cpuMsPerRequest: number
  p50Ms: number
  p99Ms: number
  perSecond: number
}

/** How much is asked of a peer: the slow ones are asked less. */
export interface Scale {
  requests: number
  batches: number
  runs: number
  searches: number
  points: number
  histories: number
}

type Job = Omit<LoadJob, 'url'>

/** All figures of one peer, and its memory before and after. */
export async function measurePeer(peer: Peer, scale: Scale): Promise<object> {
  const idle = await peer.usage()
  const experiment = await createExperiment(peer)
  const run = await createRun(peer, experiment)
  const figure = (job: Partial<Job> & Pick<Job, 'kind' | 'count'>): Promise<Figure> =>
    measure(peer, { connections: 4, experiment, run, ...job })
  await figure({ kind: 'log-batch-10', count: Math.ceil(scale.requests / 4), from: 0 })
  const writes = {
    logBatch1000: await figure({ kind: 'log-batch-1000', count: scale.batches, from: 10_000 }),
    logBatch10: await figure({ kind: 'log-batch-10', count: scale.requests, from: 500_000 }),
    logMetric: await figure({ kind: 'log-metric', count: scale.requests }),
    createRun: await figure({ kind: 'create-run', count: scale.requests }),
  }
  const reads = { ...(await measureSearch(peer, scale)), ...(await measureHistory(peer, scale)) }
  const loaded = await peer.usage()
  return {
    start: peer.start,
    memoryMb: { idle: idle.residentBytes / 1e6, loaded: loaded.residentBytes / 1e6 },
    processes: loaded.processes,
    ...writes,
    ...reads,
  }
}

async function measureSearch(
  peer: Peer,
  { runs, searches }: Scale,
): Promise<Record<string, Figure>> {
  const experiment = await createExperiment(peer)
  const ids: string[] = []
  for (let i = 0; i < runs; i++) ids.push(await createRun(peer, experiment, 1_760_000_000_000 + i))
  // A command line holds a few hundred ids.
  for (let at = 0; at < runs; at += 500) {
    const some = ids.slice(at, at + 500)
    await load(peer, { kind: 'log-values', count: some.length, connections: 2, runs: some })
  }
  const search = (job: Partial<Job>): Promise<Figure> =>
    measure(peer, { kind: 'search', count: searches, connections: 1, experiment, ...job })
  const filter = "metrics.m0 > 0.5 and params.p0 = '1'"
  const deep = btoa(JSON.stringify({ offset: runs - 100 }))
  return {
    searchFiltered: await search({ filter, orderBy: ['metrics.m0 DESC'] }),
    searchOrdered: await search({ orderBy: ['metrics.m3 ASC'] }),
    searchDeepPage: await search({ orderBy: ['metrics.m3 ASC'], pageToken: deep }),
  }
}

async function measureHistory(
  peer: Peer,
  { points, histories }: Scale,
): Promise<Record<string, Figure>> {
  const run = await createRun(peer, await createExperiment(peer))
  const series = { run, key: 'curve', connections: 1 }
  await load(peer, { kind: 'log-series', count: points / 1000, ...series })
  return {
    history: await measure(peer, { kind: 'history', count: histories, ...series }),
    bulkInterval: await measure(peer, { kind: 'bulk-interval', count: 5 * histories, ...series }),
  }
}

async function measure(peer: Peer, job: Job): Promise<Figure> {
  const before = (await peer.usage()).cpuSeconds
  const { p50Ms, p99Ms, perSecond } = await load(peer, job)
  const spent = (await peer.usage()).cpuSeconds - before
  return { cpuMsPerRequest: (1000 * spent) / job.count, p50Ms, p99Ms, perSecond }
}

/** Errors: a request that fails is no figure. */
async function load(peer: Peer, job: Job): Promise<Load> {
  const found = await runScript<Load>('tracking/load-requests.ts', [
    JSON.stringify({ url: peer.url, ...job }),
  ])
  if (found.failed === 0) return found
  throw new Error(`${peer.name}: ${found.failed} × ${job.kind} failed: ${found.firstFailure}`)
}

async function createExperiment(peer: Peer): Promise<string> {
  const name = `bench ${process.hrtime.bigint()}`
  const made = await ask<{ experiment_id: string }>(peer, 'experiments/create', { name })
  return made.experiment_id
}

async function createRun(peer: Peer, experiment: string, startTime = 1): Promise<string> {
  const body = { experiment_id: experiment, start_time: startTime }
  const made = await ask<{ run: { info: { run_id: string } } }>(peer, 'runs/create', body)
  return made.run.info.run_id
}

async function ask<T>(peer: Peer, path: string, body: object): Promise<T> {
  const answer = await fetch(`${peer.url}/api/2.0/mlflow/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${peer.name}: ${path} answered ${answer.status}.`)
  return (await answer.json()) as T
}
