import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { createClient } from '#client/client'
import { median, runGyre, runScript, startScript, startServer } from '../process.ts'

const project = 'flights'
const seconds = '3'
const rounds = 3

/**
 * One-row predictions through the endpoint that four weeks of the demo leave, logged as in
 * production, and the same rows through a bare server with the same model; and the join of every
 * flight of those weeks with its features.
 */
export async function measurePredictionsAndJoin(scratch: string): Promise<object> {
  const data = await mkdtemp(join(scratch, 'predictions-'))
  const server = await startServer(data)
  const client = createClient({ url: server.url })
  try {
    await prepare(server.url, data)
    const params = { project, model: 'late-flights', version: 'champion' }
    const file = await client.models.downloadVersionFile({ params, query: { path: 'model.onnx' } })
    const model = join(data, 'peer.onnx')
    await writeFile(model, await buffer(file.content))
    const peer = await startScript('peer-inference.ts', [model])
    const predictions = await measureBoth(
      `${server.url}/v2/models/late-flights/infer`,
      (peer.ready as { url: string }).url,
    )
    await peer.stop()
    const set = await client.features.join({
      params: { project, service: 'late_flights' },
      body: { data: 'flights', label: 'late=delay > 15' },
    })
    const joined = {
      rows: set.rows,
      seconds: set.durationMs / 1000,
      rowsPerSecond: Math.round((1000 * set.rows) / set.durationMs),
    }
    return { predictions, pointInTimeJoin: joined }
  } finally {
    await server.stop()
  }
}

/** Four weeks of the demo: a model is trained and serves. It has not closed the loop by then. */
async function prepare(url: string, data: string): Promise<void> {
  const args = ['demo', '--json', '--url', url, '--data', data, '--weeks', '4']
  await runGyre(args).catch((error: Error) => {
    if (!error.message.includes('"champion": 1')) throw error
  })
}

interface Load {
  connections: number
  kind: 'json' | 'binary'
  rows: number
}

const loads: readonly Load[] = [
  { connections: 1, kind: 'json', rows: 1 },
  { connections: 32, kind: 'json', rows: 1 },
  { connections: 32, kind: 'binary', rows: 1 },
  { connections: 32, kind: 'json', rows: 64 },
]

/** Each load on one side, then on the other, in rounds; the bare server speaks JSON only. */
async function measureBoth(gyre: string, bare: string): Promise<object[]> {
  const measured = loads.map((load) => ({ load, gyre: [] as Told[], bare: [] as Told[] }))
  for (let round = 0; round < rounds; round++) {
    for (const one of measured) {
      one.gyre.push(await runLoad(gyre, one.load))
      if (one.load.kind === 'json') one.bare.push(await runLoad(bare, one.load))
    }
  }
  return measured.map((one) => ({
    ...one.load,
    gyre: medians(one.gyre),
    ...(one.bare.length === 0 ? {} : { bare: medians(one.bare) }),
  }))
}

/** What `load.ts` prints. */
type Told = Record<string, number>

function runLoad(url: string, { connections, kind, rows }: Load): Promise<Told> {
  return runScript<Told>('load.ts', [url, String(connections), seconds, kind, String(rows)])
}

function medians(all: readonly Told[]): Told {
  const names = Object.keys(all[0] ?? {})
  return Object.fromEntries(
    names.map((name) => [name, median(all.map((told) => told[name] ?? Number.NaN))]),
  )
}
